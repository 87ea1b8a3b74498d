import { Worker } from 'node:worker_threads';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import { SqliteDatabase } from '../read-model/sqlite-database.js';
import { applyNext, type LogSource } from './fill-generation.js';
import type { FollowCommand, FollowMessage, FollowWork } from './follow.worker.js';
import { Generation, ProjectionStopped } from './generation.js';
import { workerFile } from '../event-store/sqlite/worker-file.js';
import { WORKER_LIMITS, type LogLocation } from './worker-log.js';

/** Follows the log; whoever reads waits until it has seen the log's end. */
export interface FollowingUnit {
  /** Number of the live generation. */
  readonly number: number;
  readonly position: string | undefined;
  /** Why it does not follow any more; undefined while it does. */
  readonly stopped: string | undefined;
  /** For reading. */
  readonly database: SqliteDatabase;
  /** The log has grown. */
  wake(): void;
  /** Resolves once the unit has applied the event at `position`. @throws Error when it has stopped */
  reached(position: string | undefined): Promise<void>;
  /** Follows with another generation from now on. */
  switchTo(number: number, path: string): Promise<void>;
  close(): Promise<void>;
}

class Waiters {
  readonly #waiting: {
    readonly position: string;
    readonly resolve: () => void;
    readonly reject: (e: Error) => void;
  }[] = [];

  wait(position: string): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ position, resolve, reject }));
  }

  reached(position: string): void {
    const still = this.#waiting.splice(0).filter((waiter) => {
      if (waiter.position <= position) waiter.resolve();
      return waiter.position > position;
    });
    this.#waiting.push(...still);
  }

  fail(reason: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(reason));
  }
}

const WAKE_AFTER_MS = 200;

/** Follows in a worker thread: the thread that answers requests is not kept from it. */
export class WorkerFollowingUnit implements FollowingUnit {
  readonly #waiters = new Waiters();
  #worker: Worker;
  #exited: Promise<void>;
  #switching: PromiseWithResolvers<void> | undefined;
  #wakeTimer: NodeJS.Timeout | undefined;
  #isClosing = false;
  position: string | undefined;
  stopped: string | undefined;
  number: number;
  database: SqliteDatabase;

  constructor(
    private readonly unit: string,
    number: number,
    path: string,
    private readonly log: LogLocation,
  ) {
    this.number = number;
    this.database = new SqliteDatabase(path, { readOnly: true });
    [this.#worker, this.#exited] = this.#start(number, path);
  }

  wake(): void {
    // Larger batches are cheaper, and nobody waits for these: a reader wakes the worker itself.
    this.#wakeTimer ??= setTimeout(() => {
      this.#wakeTimer = undefined;
      this.#tell({ type: 'wake' });
    }, WAKE_AFTER_MS).unref();
  }

  async reached(position: string | undefined): Promise<void> {
    if (this.stopped !== undefined) throw new Error(this.stopped);
    if (position === undefined || (this.position !== undefined && this.position >= position)) return;
    // Always a message of its own: the worker may have looked just before the event was committed.
    this.#tell({ type: 'wake' });
    await this.#waiters.wait(position);
  }

  async switchTo(number: number, path: string): Promise<void> {
    // Always in a new thread: the former one may have died, of the very rows that are replaced.
    this.#isClosing = true;
    this.#tell({ type: 'stop' });
    await this.#exited;
    this.#isClosing = false;
    this.#switching = Promise.withResolvers<void>();
    [this.#worker, this.#exited] = this.#start(number, path);
    await this.#switching.promise;
    this.#switching = undefined;
    const former = this.database;
    this.number = number;
    this.database = new SqliteDatabase(path, { readOnly: true });
    former.close();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#wakeTimer);
    this.#tell({ type: 'stop' });
    await this.#exited;
    this.database.close();
  }

  #start(number: number, path: string): [Worker, Promise<void>] {
    const workerData: FollowWork = { unit: this.unit, number, path, log: this.log };
    const worker = new Worker(workerFile(import.meta.url, 'follow.worker'), {
      workerData,
      resourceLimits: WORKER_LIMITS,
    });
    worker.on('message', (message: FollowMessage) => this.#receive(message));
    worker.on('error', (error) => this.#fail(error.message));
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    void exited.then(() => {
      if (!this.#isClosing) this.#fail(this.stopped ?? 'the thread that follows the log has ended');
    });
    return [worker, exited];
  }

  #tell(command: FollowCommand): void {
    this.#worker.postMessage(command);
  }

  #receive(message: FollowMessage): void {
    if (message.type === 'stopped') return this.#fail(message.reason);
    this.stopped = undefined;
    this.position = message.position;
    this.#switching?.resolve();
    if (message.position !== undefined) this.#waiters.reached(message.position);
  }

  #fail(reason: string): void {
    this.stopped = reason;
    this.#switching?.reject(new Error(reason));
    this.#waiters.fail(reason);
  }
}

/** Follows in this thread, for a log in memory, which no other thread can see. */
export class LocalFollowingUnit implements FollowingUnit {
  stopped: string | undefined;

  constructor(
    private generation: Generation,
    private readonly source: LogSource,
    private readonly codec: EventCodec,
  ) {}

  get number(): number {
    return this.generation.number;
  }

  get position(): string | undefined {
    return this.generation.checkpoint?.position;
  }

  get database(): SqliteDatabase {
    return this.generation.database;
  }

  // Nothing is gained by following before somebody reads.
  wake(): void {}

  async reached(): Promise<void> {
    try {
      while (applyNext(this.generation, this.source, this.codec) > 0);
    } catch (error) {
      if (error instanceof ProjectionStopped) this.stopped = error.message;
      throw error;
    }
  }

  async switchTo(): Promise<void> {
    throw new Error('a generation in memory is replaced, not reopened');
  }

  replace(next: Generation): void {
    this.generation.close();
    this.generation = next;
    this.stopped = undefined;
  }

  async close(): Promise<void> {
    this.generation.close();
  }
}
