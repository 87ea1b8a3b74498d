import { StoreMisconfigured, StoreUnavailable } from '../errors.js';
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
import { Appender } from './appender.js';
import { acquireConnection, releaseConnection } from './connection.js';
import { failureOf } from './failures.js';
import { HeadFinder } from './head-finder.js';
import { LogFollower, type OnDropped } from './log-follower.js';
import { StreamReader } from './stream-reader.js';
import { DEFAULT_TIMING, type EsdbTiming } from './timing.js';

export interface EsdbEventStoreOptions {
  readonly timing?: Partial<EsdbTiming>;
  /** Told of every subscription that dropped and begins again; must not throw. */
  readonly onSubscriptionDropped?: OnDropped;
}

/** The event log in EventStoreDB (22.6 or later). Several processes may append to it; each append is one stream's. */
export class EsdbEventStore implements EventStore {
  readonly capabilities = { atomicMultiStream: false };
  readonly #connectionString: string;
  readonly #appender: Appender;
  readonly #reader: StreamReader;
  readonly #follower: LogFollower;
  readonly #heads: HeadFinder;
  readonly #closing = new AbortController();
  readonly #appending = new Set<Promise<unknown>>();

  /** Connects with the first call. @throws StoreMisconfigured */
  constructor(connectionString: string, options: EsdbEventStoreOptions = {}) {
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    const connection = acquireConnection(connectionString);
    this.#connectionString = connectionString;
    this.#reader = new StreamReader(connection, timing.readSilenceMs);
    this.#appender = new Appender(connection, this.#reader, timing);
    this.#follower = new LogFollower(connection, timing, options.onSubscriptionDropped ?? (() => undefined));
    this.#heads = new HeadFinder(connection, timing.readSilenceMs);
  }

  append(
    stream: string,
    expectedRevision: ExpectedRevision,
    events: readonly EventEnvelope[],
  ): Promise<AppendResult> {
    return this.appendMany([{ stream, expectedRevision, events }]);
  }

  async appendMany(appends: readonly StreamAppend[]): Promise<AppendResult> {
    this.#checkOpen();
    const appending = this.#appendInOrder(appends);
    this.#appending.add(appending);
    try {
      return { events: await appending };
    } finally {
      this.#appending.delete(appending);
    }
  }

  async *readStream(stream: string, options?: ReadStreamOptions): AsyncGenerator<StoredEvent> {
    this.#checkOpen();
    yield* this.#reader.read(stream, options);
  }

  async *readAll({ after, until, streamPrefix }: ReadAllOptions = {}): AsyncGenerator<StoredEvent> {
    const head = await this.head();
    const end = until === undefined || (head !== undefined && until > head) ? head : until;
    if (head === undefined || end === undefined || (after !== undefined && after >= end)) return;
    for await (const event of this.#follower.read(after, end, this.#closing.signal)) {
      if (streamPrefix === undefined || event.stream.startsWith(streamPrefix)) yield event;
    }
  }

  async *subscribeAll({ after, signal }: SubscribeOptions): AsyncGenerator<StoredEvent> {
    this.#checkOpen();
    const ends = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    yield* this.#follower.follow(after, ends);
  }

  async head(): Promise<Position | undefined> {
    this.#checkOpen();
    return this.#heads.head();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await Promise.allSettled(this.#appending);
    await releaseConnection(this.#connectionString);
  }

  async #appendInOrder(appends: readonly StreamAppend[]): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (const append of appends) events.push(...(await this.#appender.append(append)));
    return events;
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new StoreUnavailable('The event store is closed');
  }
}

/**
 * Opens the log and asks the server once, so that what is wrong with the connection string shows now.
 *
 * @param connectionString `esdb://` or `esdb+discover://`, with credentials and TLS settings
 * @throws StoreMisconfigured when the string is not understood or its credentials are refused; StoreUnavailable when
 *   no server answers
 */
export async function openEsdbEventStore(
  connectionString: string,
  options: EsdbEventStoreOptions = {},
): Promise<EsdbEventStore> {
  const store = new EsdbEventStore(connectionString, options);
  try {
    await store.head();
    return store;
  } catch (error) {
    await store.close();
    if (error instanceof Error && failureOf(error.cause) === 'denied') {
      throw new StoreMisconfigured('EventStoreDB refuses user or password of the connection string', {
        cause: error,
      });
    }
    throw error;
  }
}
