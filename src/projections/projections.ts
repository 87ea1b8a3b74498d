// Owns the units' live generations: opens or builds them at the start, rebuilds them beside the live ones, switches.
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { SqliteDatabase } from '../read-model/sqlite-database.js';
import { catchUp, fillGeneration } from './fill-generation.js';
import { ReadThread } from './read-thread.js';
import { LocalFollowingUnit, WorkerFollowingUnit, type FollowingUnit } from './following-unit.js';
import { GenerationFiles } from './generation-files.js';
import { Generation } from './generation.js';
import { InlineUnit } from './inline-unit.js';
import type { ProjectionUnit } from './projection.js';
import { ReadModels, type ProjectionStatus } from './read-models.js';
import { startRebuild, type RebuildProgress } from './rebuild-progress.js';
import type { RebuildMessage, RebuildWork } from './rebuild.worker.js';
import { UNITS } from './units.js';
import { workerFile } from '../event-store/sqlite/worker-file.js';
import { WORKER_LIMITS, type LogLocation } from './worker-log.js';

export interface ProjectionsOptions {
  readonly store: SqliteEventStore;
  readonly codec: EventCodec;
  /** Folder of the generations; undefined keeps them in memory. */
  readonly folder: string | undefined;
  /** Where worker threads find the log; undefined when it is in memory, and everything runs in this thread. */
  readonly log: LogLocation | undefined;
  readonly logger: Logger;
}

interface Opened {
  readonly unit: ProjectionUnit;
  readonly inline?: InlineUnit;
  readonly following?: FollowingUnit;
}

export class Projections extends ReadModels {
  readonly #readThread = new ReadThread();
  readonly #files: GenerationFiles;
  readonly #opened = new Map<string, Opened>();
  /** Threads that fill a generation. */
  readonly #filling = new Set<Worker>();
  readonly #rebuilds = new Map<string, { progress: RebuildProgress; done: Promise<void> }>();

  private constructor(private readonly options: ProjectionsOptions) {
    super();
    this.#files = new GenerationFiles(options.folder);
  }

  /** Opens every unit, building first what is missing or of another version. Ready when it resolves. */
  static async open(options: ProjectionsOptions): Promise<Projections> {
    const projections = new Projections(options);
    const opening = UNITS.map(async ({ unit, isInline }) => ({
      unit,
      isInline,
      generation: projections.#openLive(unit) ?? (await projections.#build(unit)),
    }));
    for (const { unit, isInline, generation } of await Promise.all(opening)) {
      projections.#openUnit(unit, isInline, generation);
    }
    options.store.onCommitted(() => projections.#wakeFollowers());
    return projections;
  }

  /** The database of a unit whose rows are in step with the log. */
  database(name: string): SqliteDatabase {
    const opened = this.#get(name);
    return (opened.inline ?? opened.following)?.database ?? unreachable(name);
  }

  // Opened only when they are.
  async built(): Promise<void> {}

  /** The files of the generations that this thread writes; none in memory. */
  files(): readonly string[] {
    if (this.#files.folder === undefined) return [];
    return [...this.#opened.values()].flatMap(({ inline }) => (inline ? [inline.live.database.path] : []));
  }

  /** Waits until a unit has applied everything that is in the log now. @throws Error when it has stopped */
  async caughtUp(name: string): Promise<void> {
    await this.#get(name).following?.reached(this.#head());
  }

  async longQuery<Result>(name: string, request: unknown): Promise<Result> {
    const database = this.database(name);
    this.#get(name).inline?.flush();
    // A database in memory has no other connection than this thread's.
    const result =
      this.#files.folder === undefined
        ? database.read(this.#get(name).unit.longQuery(request))
        : await this.#askThread(name, database, request);
    // The unit's reader asked, and knows the shape of the answer.
    return result as Result;
  }

  async #askThread(name: string, database: SqliteDatabase, request: unknown): Promise<unknown> {
    try {
      return await this.#readThread.ask(name, database.path, request);
    } catch (error) {
      const now = this.database(name);
      if (now === database) throw error;
      // While the question waited, a rebuild put another generation in this one's place and removed its file.
      return this.#askThread(name, now, request);
    }
  }

  status(): readonly ProjectionStatus[] {
    const head = this.#head();
    return [...this.#opened.values()].map(({ unit, inline, following }) => {
      const rebuild = this.#rebuilds.get(unit.name)?.progress;
      return {
        name: unit.name,
        version: unit.version,
        head,
        ...(inline ? inlineStatus(inline) : followingStatus(following)),
        ...(rebuild ? { rebuild } : {}),
      };
    });
  }

  /** Starts rebuilding a unit beside the live generation; a rebuild under way is joined. */
  rebuild(name: string): { readonly progress: RebuildProgress; readonly done: Promise<void> } {
    const running = this.#rebuilds.get(name);
    if (running?.progress.state === 'running') return running;
    const opened = this.#get(name);
    const progress = startRebuild(this.options.store.countSync(CLAIM_MARK));
    const done = this.#rebuild(opened, progress).then(
      () => progress.finish(),
      (error: unknown) => {
        progress.fail(error);
        throw error;
      },
    );
    // Whoever started it may not wait for it; the progress tells of a failure.
    done.catch((error: unknown) =>
      this.options.logger.error({ err: error, projection: name }, 'rebuild failed'),
    );
    const rebuild = { progress, done };
    this.#rebuilds.set(name, rebuild);
    return rebuild;
  }

  async close(): Promise<void> {
    // What is half filled is begun anew next time; a shutdown does not wait for it.
    await Promise.all([...this.#filling].map((worker) => worker.terminate()));
    await Promise.allSettled([...this.#rebuilds.values()].map(({ done }) => done));
    await this.#readThread.close();
    for (const { inline, following } of this.#opened.values()) {
      inline?.close();
      await following?.close();
    }
  }

  #openUnit(unit: ProjectionUnit, isInline: boolean, generation: Generation): void {
    const { store, codec, log } = this.options;
    if (isInline) {
      catchUp(generation, store, codec);
      const inline = new InlineUnit(generation, store, codec);
      store.join(inline);
      this.#opened.set(unit.name, { unit, inline });
    } else if (log) {
      const { number, database } = generation;
      generation.close();
      this.#opened.set(unit.name, {
        unit,
        following: new WorkerFollowingUnit(unit.name, number, database.path, log),
      });
    } else {
      this.#opened.set(unit.name, { unit, following: new LocalFollowingUnit(generation, store, codec) });
    }
  }

  /** The live generation, if the log still has the event that its checkpoint names. */
  #openLive(unit: ProjectionUnit): Generation | undefined {
    const number = this.#files.live(unit.name);
    if (number === undefined) return undefined;
    const generation = Generation.open(unit, number, this.#files.path(unit.name, number));
    const checkpoint = generation?.checkpoint;
    if (!generation || !checkpoint) return generation;
    if (this.options.store.eventAtSync(checkpoint.position)?.id === checkpoint.eventId) return generation;
    this.options.logger.warn(
      { projection: unit.name },
      'the log is not the one this read model was made from',
    );
    generation.close();
    return undefined;
  }

  async #build(unit: ProjectionUnit): Promise<Generation> {
    const { store, logger } = this.options;
    const total = store.countSync(CLAIM_MARK);
    const number = this.#files.nextNumber(unit.name);
    const path = this.#files.path(unit.name, number);
    if (number > 1 || total > 1) logger.info({ projection: unit.name, events: total }, 'building read model');
    let told = 0;
    const tell = (done: number): void => {
      if (done - told < TOLD_EVERY) return;
      told = done;
      logger.info({ projection: unit.name, done, total }, 'building read model');
    };
    const isSmall = total <= SMALL_LOG;
    const filled = isSmall
      ? await this.#fillHere(unit, number, path, tell)
      : await this.#fill(unit, number, path, tell);
    this.#files.point(unit.name, number);
    this.#files.removeOthers(unit.name, number);
    return filled ?? openFilled(unit, number, path);
  }

  async #rebuild({ unit, inline, following }: Opened, progress: RebuildProgress): Promise<void> {
    const number = this.#files.folder === undefined ? Date.now() : this.#files.nextNumber(unit.name);
    const path = this.#files.path(unit.name, number);
    const filled = await this.#fill(unit, number, path, (done) => progress.report(done));
    if (inline) {
      const next = filled ?? openFilled(unit, number, path);
      this.options.store.exclusive(() => inline.switchTo(next)).close();
    } else if (filled && following instanceof LocalFollowingUnit) {
      following.replace(filled);
    } else {
      await following?.switchTo(number, path);
    }
    this.#files.point(unit.name, number);
    this.#files.removeOthers(unit.name, number);
  }

  /** Fills a new generation, in a thread of its own where it can; gives it back open when it could not. */
  async #fill(
    unit: ProjectionUnit,
    number: number,
    path: string,
    onProgress: (eventsDone: number) => void,
  ): Promise<Generation | undefined> {
    const { log } = this.options;
    if (!log || this.#files.folder === undefined) return this.#fillHere(unit, number, path, onProgress);
    const workerData: RebuildWork = { unit: unit.name, number, path, log };
    const filled = new Promise<void>((resolve, reject) => {
      const worker = new Worker(workerFile(import.meta.url, 'rebuild.worker'), {
        workerData,
        resourceLimits: WORKER_LIMITS,
      });
      this.#filling.add(worker);
      worker.on('message', (message: RebuildMessage) => onProgress(message.eventsDone));
      worker.once('error', reject);
      worker.once('exit', () => this.#filling.delete(worker));
      worker.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`rebuild ended with ${code}`)),
      );
    });
    try {
      await filled;
    } catch (error) {
      this.#files.remove(unit.name, number);
      throw error;
    }
    return undefined;
  }

  async #fillHere(
    unit: ProjectionUnit,
    number: number,
    path: string,
    onProgress: (eventsDone: number) => void,
  ): Promise<Generation> {
    const generation = Generation.create(unit, number, path, { isBulkLoad: true });
    await fillGeneration(generation, this.options.store, this.options.codec, onProgress);
    return generation;
  }

  // As far as projections follow the log: no checkpoint ever reaches a claim.
  #head(): string | undefined {
    return this.options.store.headSync(CLAIM_MARK);
  }

  #wakeFollowers(): void {
    for (const { following } of this.#opened.values()) following?.wake();
  }

  #get(name: string): Opened {
    return this.#opened.get(name) ?? unreachable(name);
  }
}

/** Events that are applied before a thread for it has started. */
const SMALL_LOG = 2_000;
const TOLD_EVERY = 100_000;

type LiveStatus = Pick<ProjectionStatus, 'generation' | 'state' | 'position' | 'error'>;

function inlineStatus({ live, isBehind }: InlineUnit): LiveStatus {
  const status = { generation: live.number, position: live.checkpoint?.position };
  return isBehind
    ? { ...status, state: 'stopped', error: 'rows are missing that the log has' }
    : { ...status, state: 'live' };
}

function followingStatus(following: FollowingUnit | undefined): LiveStatus {
  const { number: generation = 0, position, stopped } = following ?? {};
  return stopped === undefined
    ? { generation, state: 'live', position }
    : { generation, state: 'stopped', position, error: stopped };
}

function openFilled(unit: ProjectionUnit, number: number, path: string): Generation {
  const generation = Generation.open(unit, number, path);
  if (!generation) throw new Error(`the new generation ${number} of ${unit.name} cannot be opened`);
  return generation;
}

function unreachable(name: string): never {
  throw new Error(`no projection '${name}'`);
}
