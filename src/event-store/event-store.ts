// The port every event store adapter fulfils; test/contract holds each of them to it.
import type { JsonObject } from './json.js';

/** Opaque place in the order of all events; a later event's position is greater by code point. */
export type Position = string;

/** The revision of a stream's last event (0-based), or that the stream must not exist. Never "any". */
export type ExpectedRevision = number | 'noStream';

export interface EventEnvelope {
  /** UUID, unique for all time. */
  readonly id: string;
  /** Literal event type, stored forever. */
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  /** Canonical text of `data`, where the caller has it already. Must say the same. */
  readonly dataJson?: string;
  /** Canonical text of `metadata`, where the caller has it already. Must say the same. */
  readonly metadataJson?: string;
  /** What the caller wants to find again on the event once it is stored. Not stored. */
  readonly source?: object;
}

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  readonly stream: string;
  /** 0-based, without gaps in its stream. */
  readonly revision: number;
  readonly position: Position;
  /** As given to the append that stored the event; never on an event that was read. */
  readonly source?: object | undefined;
}

export interface StreamAppend {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly EventEnvelope[];
}

export interface AppendResult {
  /** As committed, in the order of the appends. */
  readonly events: readonly StoredEvent[];
}

export interface ReadStreamOptions {
  /** First revision read, inclusive. Default: the start, or the end when reading backwards. */
  readonly from?: number;
  readonly direction?: 'forwards' | 'backwards';
  readonly maxCount?: number;
}

export interface ReadAllOptions {
  /** Exclusive. Default: from the first event. */
  readonly after?: Position;
  /** Inclusive. Default: the head at the time the read starts, so that a read ends under constant writing. */
  readonly until?: Position;
  readonly streamPrefix?: string;
}

export interface SubscribeOptions {
  /** Exclusive. Default: from the first event. */
  readonly after?: Position;
  /** Ends the subscription; the iteration then finishes without an error. */
  readonly signal?: AbortSignal;
}

export interface StoreCapabilities {
  /** Whether `appendMany` is one transaction. Otherwise it appends in order and stops at the first refusal. */
  readonly atomicMultiStream: boolean;
}

/** Injection token of the event store: an interface leaves nothing to inject by. */
export const EVENT_STORE = Symbol('EventStore');

export interface EventStore {
  readonly capabilities: StoreCapabilities;

  /**
   * Appends to one stream at its exact revision, all events or none. Repeating an append whose events
   * (same ids) already stand at that place changes nothing and returns the stored ones.
   *
   * @throws RevisionConflict, OutcomeUnknown, StoreUnavailable, StreamDeleted
   */
  append(
    stream: string,
    expectedRevision: ExpectedRevision,
    events: readonly EventEnvelope[],
  ): Promise<AppendResult>;

  /**
   * Appends to several streams, each at its exact revision; repeating is safe as with `append`.
   *
   * @throws RevisionConflict for the first stream that was not as expected, and as `append`
   */
  appendMany(appends: readonly StreamAppend[]): Promise<AppendResult>;

  /** A stream's events in order; nothing for a stream that does not exist. Pages inside. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<StoredEvent>;

  /** All events in order of position, in short reads. */
  readAll(options?: ReadAllOptions): AsyncIterable<StoredEvent>;

  /** All events after a position, then every new one as it is committed, without gap or duplicate. */
  subscribeAll(options: SubscribeOptions): AsyncIterable<StoredEvent>;

  /** The position of the last event; undefined for an empty log. */
  head(): Promise<Position | undefined>;

  /** Finishes what was accepted, ends subscriptions, releases the store. */
  close(): Promise<void>;
}
