// What the specs of the EventStoreDB adapter share: stores that are quick to give up, and what they read.
import {
  type EsdbEventStore,
  type EsdbEventStoreOptions,
  openEsdbEventStore,
} from '../../src/event-store/esdb/esdb-event-store.js';
import type { EventEnvelope, EventStore, StoredEvent } from '../../src/event-store/event-store.js';
import type { EsdbDouble } from '../support/esdb-double.js';
import { events } from './event-store.contract.js';

const CHUNK = 50;

export const QUICK = {
  appendAttemptMs: 200,
  appendMs: 3000,
  readSilenceMs: 300,
  resubscribeMs: { first: 5, longest: 20 },
};

export function openQuickly(
  double: EsdbDouble,
  options: EsdbEventStoreOptions = {},
): Promise<EsdbEventStore> {
  return openEsdbEventStore(double.connectionString, { timing: QUICK, ...options });
}

/** Appends many events to a new stream, some at a time. Returns them in order. */
export async function appendAll(store: EventStore, stream: string, count: number): Promise<EventEnvelope[]> {
  const written = events(count);
  for (let from = 0; from < count; from += CHUNK) {
    await store.append(stream, from === 0 ? 'noStream' : from - 1, written.slice(from, from + CHUNK));
  }
  return written;
}

/** Reads a subscription in the background. */
export class Listener {
  readonly events: StoredEvent[] = [];
  readonly ended: Promise<void>;
  #wake: () => void = () => undefined;

  constructor(source: AsyncIterable<StoredEvent>) {
    this.ended = this.#listen(source);
  }

  /** Resolves with the events when there are so many. */
  async received(count: number): Promise<readonly StoredEvent[]> {
    while (this.events.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await Promise.race([promise, this.ended]);
    }
    return this.events;
  }

  async #listen(source: AsyncIterable<StoredEvent>): Promise<void> {
    for await (const event of source) {
      this.events.push(event);
      this.#wake();
    }
    throw new Error('the subscription ended');
  }
}
