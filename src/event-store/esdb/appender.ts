// Appends that may be lost on the way. Event ids follow from the command, so that the same append is sent again until
// its outcome is known: the server takes it for the one that it has.
import type { AppendResult } from '@eventstore/db-client';
import { MaxAppendSizeExceededError, WrongExpectedVersionError } from '@eventstore/db-client';
import {
  AppendTooLarge,
  OutcomeUnknown,
  RevisionConflict,
  StoreUnavailable,
  StreamDeleted,
} from '../errors.js';
import type { EventEnvelope, ExpectedRevision, StoredEvent, StreamAppend } from '../event-store.js';
import type { EsdbConnection } from './connection.js';
import { type Messages, toMessages } from './event-messages.js';
import { failureOf, messageOf } from './failures.js';
import { isKnown, positionOf } from './position.js';
import type { StreamReader } from './stream-reader.js';
import { type EsdbTiming, pause, within } from './timing.js';

/** Pause before the second attempt; each further one is twice as long. */
const FIRST_PAUSE_MS = 20;
/** An absent server is asked this often: the client connects anew after the first failure. */
const CONNECT_ATTEMPTS = 2;
/** The least time for looking where an append stands. */
const LEAST_READ_MS = 250;

interface Failed {
  readonly type: 'notSent' | 'notLeader' | 'unknown';
  readonly reason: string;
  readonly cause?: unknown;
}

type Outcome =
  | Failed
  | { readonly type: 'appended'; readonly result: AppendResult }
  | { readonly type: 'conflict'; readonly actual: ExpectedRevision }
  | { readonly type: 'refused'; readonly error: Error };

/** One append on its way. */
interface Attempts {
  readonly append: StreamAppend;
  readonly messages: Messages;
  readonly deadline: number;
  /** Whether an attempt had no known outcome: its events may stand in the stream. */
  mayStand: boolean;
  count: number;
  notSent: number;
}

export class Appender {
  readonly #connection: EsdbConnection;
  readonly #reader: StreamReader;
  readonly #timing: EsdbTiming;

  constructor(connection: EsdbConnection, reader: StreamReader, timing: EsdbTiming) {
    this.#connection = connection;
    this.#reader = reader;
    this.#timing = timing;
  }

  /** @throws RevisionConflict, OutcomeUnknown, StoreUnavailable, StreamDeleted, AppendTooLarge */
  async append(append: StreamAppend): Promise<readonly StoredEvent[]> {
    const { stream, expectedRevision, events } = append;
    if (events.length === 0) return this.#checkRevision(stream, expectedRevision);
    const messages = toMessages(stream, events);
    const deadline = performance.now() + this.#timing.appendMs;
    const attempts = { append, messages, deadline, mayStand: false, count: 0, notSent: 0 };
    for (;;) {
      const outcome = await this.#attempt(attempts);
      if (outcome.type === 'appended') return this.#whereItStands(attempts, outcome.result);
      if (outcome.type === 'conflict') return this.#ownOrConflict(attempts, outcome.actual);
      if (outcome.type === 'refused') throw outcome.error;
      await this.#beforeRepeating(attempts, outcome);
    }
  }

  async #attempt(attempts: Attempts): Promise<Outcome> {
    attempts.count += 1;
    const { append, messages } = attempts;
    // each attempt may take twice as long as the one before: a large append is not to fail for ever
    const patience = this.#timing.appendAttemptMs * 2 ** (attempts.count - 1);
    const ms = Math.max(Math.min(patience, attempts.deadline - performance.now()), 1);
    try {
      const { appendCredentials: credentials } = this.#connection;
      const answer = await within(
        // the deadline works for appends with credentials only; in a batch the client waits for ever
        ms,
        this.#connection.client.appendToStream(append.stream, messages.events, {
          expectedRevision:
            append.expectedRevision === 'noStream' ? 'no_stream' : BigInt(append.expectedRevision),
          requiresLeader: true,
          deadline: ms,
          ...(credentials === undefined ? {} : { credentials }),
        }),
      );
      if (answer === 'late') return { type: 'unknown', reason: `no answer within ${Math.round(ms)} ms` };
      return { type: 'appended', result: answer };
    } catch (error) {
      return this.#outcomeOf(error, append, attempts.messages);
    }
  }

  #outcomeOf(error: unknown, { stream }: StreamAppend, { sizeBytes }: Messages): Outcome {
    const failure = failureOf(error);
    const reason = messageOf(error);
    switch (failure) {
      case 'conflict':
        return { type: 'conflict', actual: actualOf(error) };
      case 'deleted':
        return { type: 'refused', error: new StreamDeleted(stream, { cause: error }) };
      case 'denied': {
        const said = 'EventStoreDB refuses the credentials of the connection string';
        return { type: 'refused', error: new StoreUnavailable(said, { cause: error }) };
      }
      case 'tooLarge':
        return { type: 'refused', error: new AppendTooLarge(stream, sizeBytes, limitOf(error)) };
      case 'notLeader':
        this.#connection.leaderMoved();
        return { type: failure, reason, cause: error };
      case 'notSent':
        return { type: failure, reason, cause: error };
      default:
        return { type: 'unknown', reason, cause: error };
    }
  }

  /** Pauses, or throws when it is time to give up. */
  async #beforeRepeating(attempts: Attempts, outcome: Failed): Promise<void> {
    const { stream } = attempts.append;
    if (outcome.type === 'unknown') attempts.mayStand = true;
    attempts.notSent = outcome.type === 'notSent' ? attempts.notSent + 1 : 0;
    const pauseMs = FIRST_PAUSE_MS * 2 ** (attempts.count - 1);
    const isOver = performance.now() + pauseMs >= attempts.deadline;
    const { reason, cause } = outcome;
    if (attempts.mayStand && isOver) {
      throw new OutcomeUnknown(`EventStoreDB did not tell whether ${stream} was appended to: ${reason}`, {
        cause,
      });
    }
    if (!attempts.mayStand && (isOver || attempts.notSent >= CONNECT_ATTEMPTS)) {
      throw new StoreUnavailable(`EventStoreDB cannot be reached: ${reason}`, { cause });
    }
    await pause(pauseMs);
  }

  // An earlier attempt may have moved the stream itself.
  async #ownOrConflict(attempts: Attempts, actual: ExpectedRevision): Promise<readonly StoredEvent[]> {
    const { stream, expectedRevision } = attempts.append;
    const own = attempts.mayStand ? await this.#readBack(attempts) : undefined;
    if (own === undefined) throw new RevisionConflict(stream, expectedRevision, actual);
    return own;
  }

  async #whereItStands(attempts: Attempts, result: AppendResult): Promise<readonly StoredEvent[]> {
    const { stream, events } = attempts.append;
    const { position, nextExpectedRevision } = result;
    const [only] = events;
    const last = firstRevisionOf(attempts.append) + events.length - 1;
    const isWhereExpected = Number(nextExpectedRevision) === last;
    const isSure = attempts.count === 1 && isKnown(position) && position.commit === position.prepare;
    if (isWhereExpected && isSure && events.length === 1 && only !== undefined) {
      return [storedEvent(only, stream, last, positionOf(position))];
    }
    // The answer tells one position: that of the last event, and not even that for sure when it was repeated.
    const stored = await this.#readBack(attempts);
    // Written anew after a soft deletion a stream goes on counting: the events are not where they were decided to be.
    if (stored === undefined) throw new StreamDeleted(stream);
    return stored;
  }

  /** The events as they stand in the stream; undefined when others stand in their place. */
  async #readBack({ append, deadline }: Attempts): Promise<readonly StoredEvent[] | undefined> {
    const { stream, events } = append;
    const from = firstRevisionOf(append);
    const silenceMs = Math.max(deadline - performance.now(), LEAST_READ_MS);
    const stored: StoredEvent[] = [];
    try {
      for await (const event of this.#reader.read(stream, { from, maxCount: events.length }, silenceMs)) {
        const envelope = events[stored.length];
        if (envelope?.id !== event.id) return undefined;
        stored.push(storedEvent(envelope, stream, event.revision, event.position));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const message = `It is not known where the append to ${stream} stands: ${error.message}`;
      throw new OutcomeUnknown(message, { cause: error });
    }
    return stored.length === events.length ? stored : undefined;
  }

  async #checkRevision(stream: string, expected: ExpectedRevision): Promise<readonly StoredEvent[]> {
    let actual: ExpectedRevision = 'noStream';
    const last = this.#reader.read(stream, { direction: 'backwards', maxCount: 1 });
    for await (const { revision } of last) actual = revision;
    if (actual !== expected) throw new RevisionConflict(stream, expected, actual);
    return [];
  }
}

function firstRevisionOf({ expectedRevision }: StreamAppend): number {
  return expectedRevision === 'noStream' ? 0 : expectedRevision + 1;
}

function actualOf(error: unknown): ExpectedRevision {
  if (!(error instanceof WrongExpectedVersionError)) return 'noStream';
  return typeof error.actualVersion === 'bigint' ? Number(error.actualVersion) : 'noStream';
}

function limitOf(error: unknown): number {
  return error instanceof MaxAppendSizeExceededError ? error.maxAppendSize : 0;
}

/** The event as it stands, with the very data and metadata that were appended. */
function storedEvent(
  envelope: EventEnvelope,
  stream: string,
  revision: number,
  position: string,
): StoredEvent {
  const { id, type, data, metadata } = envelope;
  return { id, type, data, metadata, stream, revision, position };
}
