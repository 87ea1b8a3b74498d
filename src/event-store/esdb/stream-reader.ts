// Reads one stream in one call of the server, and goes on where it was when that call is lost.
import type { EventStoreDBClient, ResolvedEvent } from '@eventstore/db-client';
import { StreamDeleted } from '../errors.js';
import type { ReadStreamOptions, StoredEvent } from '../event-store.js';
import { isSystemEvent, toStoredEvent } from './event-messages.js';
import { failureOf } from './failures.js';
import { drain } from './drain.js';
import { Retries } from './retries.js';
import type { EsdbConnection } from './connection.js';

/** What is still to be read. */
interface Place {
  from: number | undefined;
  left: number;
  readonly direction: 'forwards' | 'backwards';
}

export class StreamReader {
  readonly #connection: EsdbConnection;
  readonly #silenceMs: number;

  constructor(connection: EsdbConnection, silenceMs: number) {
    this.#connection = connection;
    this.#silenceMs = silenceMs;
  }

  /** @throws StoreUnavailable, StreamDeleted */
  async *read(
    stream: string,
    options: ReadStreamOptions = {},
    silenceMs = this.#silenceMs,
  ): AsyncGenerator<StoredEvent> {
    const { from, maxCount = Number.MAX_SAFE_INTEGER, direction = 'forwards' } = options;
    const place: Place = { from, left: maxCount, direction };
    const retries = new Retries(this.#connection, stream);
    while (place.left > 0) {
      try {
        for await (const event of this.#call(stream, place, silenceMs)) {
          retries.succeeded();
          yield event;
        }
        return;
      } catch (error) {
        if (failureOf(error) === 'noStream') return;
        await retries.failed(error);
      }
    }
  }

  async *#call(stream: string, place: Place, silenceMs: number): AsyncGenerator<StoredEvent> {
    for await (const { event } of drain<ResolvedEvent>(this.#open(stream, place), silenceMs)) {
      if (event === undefined || isSystemEvent(event)) continue;
      const stored = toStoredEvent(event);
      const isBackwards = place.direction === 'backwards';
      if (!isBackwards && stored.revision !== (place.from ?? 0)) throw withGap(stored, place.from ?? 0);
      place.from = stored.revision + (isBackwards ? -1 : 1);
      place.left -= 1;
      yield stored;
    }
  }

  #open(stream: string, { from, left, direction }: Place): ReturnType<EventStoreDBClient['readStream']> {
    const end = direction === 'backwards' ? 'end' : 'start';
    return this.#connection.client.readStream(stream, {
      direction,
      fromRevision: from === undefined ? end : BigInt(from),
      maxCount: left,
      requiresLeader: true,
    });
  }
}

// No stream of ours has a retention: what is missing at its start was taken away with the store's own tools.
function withGap({ stream, revision }: StoredEvent, expected: number): StreamDeleted {
  const cause = new Error(`revision ${revision} comes where ${expected} should be`);
  return new StreamDeleted(stream, { cause });
}
