import type Database from 'better-sqlite3';
import { RevisionConflict, StoreUnavailable } from '../errors.js';
import type { LogHealth, StoreHealth } from '../log-health.js';
import type {
  AppendResult,
  EventEnvelope,
  EventStore,
  ExpectedRevision,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  StoredEvent,
  StreamAppend,
  SubscribeOptions,
} from '../event-store.js';
import { type CommitParticipant, CommitParticipants } from './commit-participant.js';
import { SqliteEventReader, type SyncReadStreamOptions } from './event-reader.js';
import { prepareEvent } from './event-rows.js';
import { DEFAULT_GROUP_COMMIT, GroupCommit, type GroupCommitOptions } from './group-commit.js';
import { openLogDatabase } from './log-database.js';
import { LogWriter, type PreparedAppend } from './log-writer.js';

const SUBSCRIPTION_PAGE = 256;

export interface SqliteEventStoreOptions {
  /** The file, `:memory:`, or a connection made by `openLogDatabase`, which the store then owns. */
  readonly path: string | Database.Database;
  readonly groupCommit?: GroupCommitOptions;
}

interface Pending {
  readonly appends: readonly PreparedAppend[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Outcome {
  readonly pending: Pending;
  readonly events: readonly StoredEvent[];
  readonly fresh: readonly StoredEvent[];
  readonly error?: unknown;
}

/** A participant would not take an append. */
class AppendRefused extends Error {}

export type CommitListener = (events: readonly StoredEvent[]) => void;

/** The embedded event log: one SQLite file (or memory), one writer, group commit. */
export class SqliteEventStore implements EventStore, LogHealth {
  readonly capabilities = { atomicMultiStream: true };
  readonly #database: Database.Database;
  readonly #reader: SqliteEventReader;
  readonly #writer: LogWriter;
  readonly #queue: GroupCommit<Pending>;
  readonly #participants = new CommitParticipants();
  readonly #listeners = new Set<CommitListener>();
  readonly #closing = new AbortController();
  #isWriting = false;
  #error: Error | undefined;

  constructor({ path, groupCommit = DEFAULT_GROUP_COMMIT }: SqliteEventStoreOptions) {
    this.#database = typeof path === 'string' ? openLogDatabase(path) : path;
    this.#reader = new SqliteEventReader(this.#database);
    this.#writer = new LogWriter(this.#database, this.#reader);
    this.#queue = new GroupCommit(groupCommit, (batch) => this.#commitBatch(batch));
  }

  /** A reader with its own connection, for worker threads and for a log another process writes. */
  static openReadOnly(path: string): SqliteEventReader {
    return SqliteEventReader.openReadOnly(path);
  }

  append(
    stream: string,
    expectedRevision: ExpectedRevision,
    events: readonly EventEnvelope[],
  ): Promise<AppendResult> {
    return this.appendMany([{ stream, expectedRevision, events }]);
  }

  async appendMany(appends: readonly StreamAppend[]): Promise<AppendResult> {
    if (this.#closing.signal.aborted) throw new StoreUnavailable('The event store is closed');
    assertDifferentStreams(appends);
    const prepared = appends.map(({ stream, expectedRevision, events }) => ({
      stream,
      expectedRevision,
      events: events.map(prepareEvent),
    }));
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    this.#queue.add({ appends: prepared, resolve, reject });
    return promise;
  }

  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<StoredEvent> {
    return this.#reader.readStream(stream, options);
  }

  readAll(options?: ReadAllOptions): AsyncIterable<StoredEvent> {
    return this.#reader.readAll(options);
  }

  async *subscribeAll({ after, signal }: SubscribeOptions): AsyncGenerator<StoredEvent> {
    const ends = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    let last = after;
    while (!ends.aborted) {
      const page = this.#reader.readAllSync(last, SUBSCRIPTION_PAGE);
      if (page.length === 0) await this.#nextCommit(ends);
      for (const event of page) {
        if (ends.aborted) return;
        last = event.position;
        yield event;
      }
    }
  }

  async head(): Promise<Position | undefined> {
    return this.#reader.headSync();
  }

  /** The position of the last committed event, except those in streams whose name contains `except`. */
  headSync(except?: string): Position | undefined {
    return this.#reader.headSync(except);
  }

  /** How many events the log holds, except those in streams whose name contains `except`. */
  countSync(except?: string): number {
    return this.#reader.countSync(except);
  }

  readStreamSync(stream: string, options?: SyncReadStreamOptions): StoredEvent[] {
    return this.#reader.readStreamSync(stream, options);
  }

  /** Up to `limit` events after a position; an empty page means the caller has caught up. */
  readAllSync(after: Position | undefined, limit: number, except?: string): StoredEvent[] {
    return this.#reader.readAllSync(after, limit, except);
  }

  /** The event at exactly this position; undefined when the log has none there. */
  eventAtSync(position: Position): StoredEvent | undefined {
    return this.#reader.eventAtSync(position);
  }

  /** Lets a participant follow every commit in step. Returns the function that ends it. */
  join(participant: CommitParticipant): () => void {
    return this.exclusive(() => this.#participants.join(participant));
  }

  /** Calls back with the new events of every commit, after it. Listeners must not throw. */
  onCommitted(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs a function between two batches: no append is half done, and none begins meanwhile.
   *
   * @throws Error when called from inside a batch
   */
  exclusive<T>(run: () => T): T {
    if (this.#isWriting) throw new Error('exclusive() was called from inside a commit');
    return run();
  }

  health(): StoreHealth {
    return this.#error ? { isHealthy: false, error: this.#error } : { isHealthy: true };
  }

  /** Tries a write when unhealthy, so that a store nobody writes to because it is unhealthy can heal. */
  probe(): StoreHealth {
    if (this.#error !== undefined && !this.#closing.signal.aborted) {
      try {
        this.#writer.probe();
        this.#error = undefined;
      } catch (error) {
        this.#error = unavailable(error);
      }
    }
    return this.health();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#queue.flush();
    this.#closing.abort();
    this.#database.close();
  }

  #commitBatch(batch: readonly Pending[]): void {
    let outcomes: Outcome[];
    this.#isWriting = true;
    try {
      outcomes = this.#writeBatch(batch);
    } catch (error) {
      this.#isWriting = false;
      this.#settleFailed(batch, error);
      return;
    }
    this.#isWriting = false;
    this.#error = undefined;
    this.#settle(outcomes);
  }

  // Nothing of the batch is stored. What a participant refuses concerns one append: alone, each has its own outcome.
  #settleFailed(batch: readonly Pending[], error: unknown): void {
    if (!(error instanceof AppendRefused)) {
      this.#error = unavailable(error);
      for (const { reject } of batch) reject(this.#error);
    } else if (batch.length > 1) {
      for (const pending of batch) this.#commitBatch([pending]);
    } else {
      batch[0]?.reject(error.cause);
    }
  }

  #settle(outcomes: readonly Outcome[]): void {
    for (const { pending, events, error } of outcomes) {
      if (error === undefined) pending.resolve({ events });
      else pending.reject(error);
    }
    const fresh = outcomes.flatMap((outcome) => outcome.fresh);
    if (fresh.length === 0) return;
    for (const listener of this.#listeners) listener(fresh);
  }

  /** @throws whatever made the batch impossible; then nothing of it is stored */
  #writeBatch(batch: readonly Pending[]): Outcome[] {
    try {
      this.#writer.begin();
      this.#participants.begin();
      const outcomes = batch.map((pending) => this.#writeOne(pending));
      this.#writer.commit();
      // from here on the appends stand, whatever becomes of the participants
      this.#participants.commit();
      return outcomes;
    } catch (error) {
      this.#participants.rollback();
      this.#writer.rollback();
      throw error;
    }
  }

  #writeOne(pending: Pending): Outcome {
    try {
      const written = this.#writer.write(pending.appends);
      const fresh = written.flatMap(({ events, isRepeated }) => (isRepeated ? [] : events));
      if (fresh.length > 0) this.#offer(fresh);
      return { pending, fresh, events: written.flatMap(({ events }) => events) };
    } catch (error) {
      // a conflict is found before anything is written; anything else ends the batch
      if (!(error instanceof RevisionConflict)) throw error;
      return { pending, fresh: [], events: [], error };
    }
  }

  #offer(events: readonly StoredEvent[]): void {
    try {
      this.#participants.apply(events);
    } catch (error) {
      throw new AppendRefused('', { cause: error });
    }
  }

  #nextCommit(ends: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.onCommitted(() => resolve());
    const onAbort = () => resolve();
    ends.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => {
      stop();
      ends.removeEventListener('abort', onAbort);
    });
  }
}

function assertDifferentStreams(appends: readonly StreamAppend[]): void {
  if (appends.length === 1) return;
  const streams = new Set(appends.map(({ stream }) => stream));
  if (streams.size < appends.length) throw new TypeError('One append names a stream twice');
}

function unavailable(cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailable(`The event log cannot be written: ${reason}`, { cause });
}
