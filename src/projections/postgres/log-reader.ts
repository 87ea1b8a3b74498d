// Reads the log ahead of whoever applies it: events are fetched and opened while the rows of those before are written.
import { setImmediate } from 'node:timers/promises';
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import type { EventStore, StoredEvent } from '../../event-store/event-store.js';
import { CLAIM_MARK } from '../../event-store/stream-names.js';
import { ProjectionStopped } from '../generation.js';
import { BoundedQueue } from './bounded-queue.js';
import type { Batch } from './postgres-generation.js';
import { isTransient } from './transient.js';

/** Opens stored events, in their order. May have to fetch keys first. */
export type OpenEvents = (events: readonly StoredEvent[]) => Promise<readonly LedgerEvent[]>;

export interface LogReaderOptions {
  readonly unit: string;
  readonly store: EventStore;
  readonly open: OpenEvents;
  /** Exclusive. Default: from the first event. */
  readonly after: string | undefined;
}

/** An event of the log; not opened when no projection reads it. */
interface Read {
  readonly stored: Pick<StoredEvent, 'id' | 'position' | 'stream' | 'revision'>;
  readonly event: LedgerEvent | undefined;
  readonly weight: number;
}

/** Events of one batch, and about how many characters of them are in memory in each of the two queues. */
const BATCH = 400;
const OPENED_AT_ONCE = 200;
const MAX_WEIGHT = 1024 * 1024;

export class LogReader {
  readonly #stored = new BoundedQueue<StoredEvent>(MAX_WEIGHT, weightOf);
  readonly #opened = new BoundedQueue<Read>(MAX_WEIGHT, ({ weight }) => weight);
  readonly #abort = new AbortController();
  readonly #done: Promise<unknown>;

  constructor(private readonly options: LogReaderOptions) {
    this.#done = Promise.all([this.#fetch(), this.#open()]);
  }

  /**
   * What is there, as soon as there is anything; undefined after `close`.
   * @throws ProjectionStopped when an event cannot be opened, the store's errors; those before come first
   */
  async next(): Promise<Batch | undefined> {
    const taken = await this.#opened.take(BATCH);
    const last = taken?.at(-1);
    if (!taken || !last) return undefined;
    const events = taken.flatMap(({ event }) => (event ? [event] : []));
    return { events, until: last.stored, count: taken.length };
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stored.discard();
    this.#opened.discard();
    await this.#done;
  }

  async #fetch(): Promise<void> {
    const { store, after } = this.options;
    const { signal } = this.#abort;
    try {
      const options = after === undefined ? { signal } : { after, signal };
      for await (const event of store.subscribeAll(options)) {
        await this.#stored.put(event);
        if (signal.aborted) break;
      }
      this.#stored.end();
    } catch (error) {
      this.#stored.end(error);
    }
  }

  async #open(): Promise<void> {
    try {
      for (;;) {
        const stored = await this.#stored.take(OPENED_AT_ONCE);
        if (!stored || this.#abort.signal.aborted) break;
        await this.#openSome(stored);
        // What an append wrote comes in one turn, and is applied together.
        await setImmediate();
      }
      this.#opened.end();
    } catch (error) {
      this.#opened.end(error);
    }
  }

  async #openSome(stored: readonly StoredEvent[]): Promise<void> {
    const wanted = stored.filter(({ stream }) => !stream.includes(CLAIM_MARK));
    const opened = await this.#tryAll(wanted);
    const events = new Map(opened.map((event) => [event.position, event]));
    for (const one of stored) {
      const isWanted = !one.stream.includes(CLAIM_MARK);
      const event = events.get(one.position) ?? (isWanted ? await this.#openOne(one) : undefined);
      const { id, position, stream, revision } = one;
      await this.#opened.put({ stored: { id, position, stream, revision }, event, weight: weightOf(one) });
    }
  }

  // One that cannot be opened is found by opening them one after the other.
  async #tryAll(stored: readonly StoredEvent[]): Promise<readonly LedgerEvent[]> {
    if (stored.length === 0) return [];
    try {
      return await this.options.open(stored);
    } catch (error) {
      if (isTransient(error)) throw error;
      return [];
    }
  }

  async #openOne(stored: StoredEvent): Promise<LedgerEvent | undefined> {
    try {
      const [event] = await this.options.open([stored]);
      return event;
    } catch (error) {
      if (isTransient(error)) throw error;
      throw new ProjectionStopped(this.options.unit, stored, error);
    }
  }
}

const OVERHEAD = 1000;
const MEMBER = 100;

// About what it takes in memory: long are sealed attributes and lists of members.
function weightOf({ data }: StoredEvent): number {
  const { sealed, members } = data;
  const text = typeof sealed === 'string' ? sealed.length : 0;
  return OVERHEAD + text + (Array.isArray(members) ? members.length * MEMBER : 0);
}
