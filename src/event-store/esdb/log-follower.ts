// All events of the ledger in order, by catch-up subscriptions to $all. A subscription that drops ends for good in the
// client: here another one begins where it was.
import {
  streamNameFilter,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
} from '@eventstore/db-client';
import { StoreUnavailable } from '../errors.js';
import type { Position, StoredEvent } from '../event-store.js';
import { STREAM_PREFIX } from '../stream-names.js';
import type { EsdbConnection } from './connection.js';
import { drain, type Signs } from './drain.js';
import { isSystemEvent, toStoredEvent } from './event-messages.js';
import { CallEnded, failureOf, LeaderMoved, readError, tellsLeader } from './failures.js';
import { logPositionOf, positionOf } from './position.js';
import { Retries } from './retries.js';
import { type EsdbTiming, pause } from './timing.js';

/** Events of others that the server passes over before it tells where it is. */
const CHECKPOINT_WINDOW = 1000;

/** Called when a subscription dropped and will begin again. */
export type OnDropped = (error: unknown, failures: number) => void;

/** How far a reader has got: everything up to here was delivered or is not ours. */
interface Cursor {
  position: Position | undefined;
}

export class LogFollower {
  readonly #connection: EsdbConnection;
  readonly #timing: EsdbTiming;
  readonly #onDropped: OnDropped;

  constructor(connection: EsdbConnection, timing: EsdbTiming, onDropped: OnDropped) {
    this.#connection = connection;
    this.#timing = timing;
    this.#onDropped = onDropped;
  }

  /**
   * The events after a position, up to and with `end`; an event at or after `end` must be there.
   * @throws StoreUnavailable
   */
  async *read(after: Position | undefined, end: Position, closing: AbortSignal): AsyncGenerator<StoredEvent> {
    for await (const event of this.#resumed({ position: after }, closing)) {
      if (event.position > end) return;
      yield event;
      if (event.position === end) return;
    }
  }

  /**
   * The events after a position and every new one, until the signal is aborted. Begins again after every drop.
   * @throws StoreUnavailable when the server refuses the credentials
   */
  async *follow(after: Position | undefined, ends: AbortSignal): AsyncGenerator<StoredEvent> {
    const cursor: Cursor = { position: after };
    let failures = 0;
    const isConfirmed = () => (failures = 0);
    while (!ends.aborted) {
      try {
        yield* this.#subscription(cursor, ends, isConfirmed, false);
      } catch (error) {
        if (ends.aborted) return;
        this.#checkPassing(error);
        this.#onDropped(error, failures + 1);
      }
      const { first, longest } = this.#timing.resubscribeMs;
      await pause(Math.min(first * 2 ** failures, longest), ends);
      failures += 1;
    }
  }

  async *#resumed(cursor: Cursor, closing: AbortSignal): AsyncGenerator<StoredEvent> {
    const retries = new Retries(this.#connection);
    for (;;) {
      try {
        for await (const event of this.#subscription(cursor, closing, () => undefined, true)) {
          retries.succeeded();
          yield event;
        }
      } catch (error) {
        if (!closing.aborted) await retries.failed(error);
      }
      if (closing.aborted) throw new StoreUnavailable('The event store is closed');
    }
  }

  // One subscription, until it drops. A reader that knows there is more takes silence for a failure.
  async *#subscription(
    cursor: Cursor,
    ends: AbortSignal,
    onConfirmed: () => void,
    isMoreSure: boolean,
  ): AsyncGenerator<StoredEvent> {
    const signs: Signs = {};
    const subscription = this.#open(cursor, signs);
    const { readSilenceMs } = this.#timing;
    const stopWatching = this.#watch(subscription, ends, () => {
      onConfirmed();
      signs.touched?.();
    });
    const silenceMs = isMoreSure ? readSilenceMs : undefined;
    try {
      for await (const { event } of drain<AllStreamResolvedEvent>(subscription, silenceMs, signs)) {
        if (ends.aborted) return;
        if (event === undefined) continue;
        const position = positionOf(event.position);
        if (cursor.position !== undefined && position <= cursor.position && !isSystemEvent(event)) continue;
        const stored = isSystemEvent(event) ? undefined : toStoredEvent(event);
        cursor.position = position;
        if (stored !== undefined) yield stored;
      }
      throw new CallEnded('The server ended the subscription');
    } finally {
      stopWatching();
    }
  }

  #open(cursor: Cursor, signs: Signs): AllStreamSubscription {
    const { position } = cursor;
    return this.#connection.client.subscribeToAll({
      fromPosition: position === undefined ? 'start' : logPositionOf(position),
      requiresLeader: true,
      filter: streamNameFilter({
        prefixes: [STREAM_PREFIX],
        maxSearchWindow: CHECKPOINT_WINDOW,
        checkpointReached: (subscription, reached) => {
          signs.touched?.();
          // events before the checkpoint may still wait to be taken, and would be lost by a drop
          if (subscription.readableLength === 0) cursor.position = positionOf(reached);
        },
      }),
    });
  }

  // Ends the subscription when it is no longer wanted, when it is never confirmed, and when another node leads.
  #watch(subscription: AllStreamSubscription, ends: AbortSignal, onConfirmed: () => void): () => void {
    const { readSilenceMs } = this.#timing;
    const fail = () => {
      const message = `EventStoreDB does not answer: no subscription within ${readSilenceMs} ms`;
      subscription.destroy(new StoreUnavailable(message));
    };
    const timer = setTimeout(fail, readSilenceMs);
    const end = () => subscription.destroy();
    subscription.once('confirmation', () => {
      clearTimeout(timer);
      onConfirmed();
    });
    ends.addEventListener('abort', end, { once: true });
    const stopListening = this.#connection.onLeaderMoved(() => {
      subscription.destroy(new LeaderMoved('Another node leads'));
    });
    return () => {
      clearTimeout(timer);
      ends.removeEventListener('abort', end);
      stopListening();
    };
  }

  #checkPassing(error: unknown): void {
    if (tellsLeader(error)) this.#connection.leaderMoved();
    const failure = failureOf(error);
    const isPassing = error instanceof StoreUnavailable || (failure !== 'fault' && failure !== 'denied');
    if (!isPassing) throw readError(error);
  }
}
