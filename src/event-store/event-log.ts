// The log as commands use it: decided events in, opened events out; sealing and chaining happen here.
import type { AppendResult, EventStore, StreamAppend } from './event-store.js';
import { AppendCounts } from './append-counts.js';
import { RevisionConflict } from './errors.js';
import { NO_HASH } from './envelope/chain.js';
import type { CommandContext } from './envelope/command-context.js';
import type { EventCodec, SealRequest } from './envelope/event-codec.js';
import type { LedgerEvent, NewEvent } from './envelope/ledger-event.js';
import { CLAIM_MARK } from './stream-names.js';
import type { WriteGate } from './write-gate.js';

export interface LoadedStream {
  /** Revision of the last event; -1 when nothing was found. */
  readonly revision: number;
  /** Hash of the last event; empty when nothing was found. */
  readonly tipHash: string;
  readonly events: readonly LedgerEvent[];
}

/** Events to stand right after the revision that they were decided on. */
export interface StreamWrite {
  readonly stream: string;
  /** Revision the stream is at; -1 when it must not exist. */
  readonly revision: number;
  /** Hash of the event at that revision; empty when there is none. */
  readonly tipHash: string;
  readonly events: readonly NewEvent[];
  /** The user key that seals personal events. */
  readonly keyId?: number;
}

export class EventLog {
  readonly #store: EventStore;
  readonly #codec: EventCodec;
  readonly #gate: WriteGate | undefined;
  /** For whoever watches. */
  readonly counts = new AppendCounts();

  /** @param gate where read models follow the log by themselves */
  constructor(store: EventStore, codec: EventCodec, gate?: WriteGate) {
    this.#store = store;
    this.#codec = codec;
    this.#gate = gate;
  }

  /** Whether writes to several streams are committed together. */
  get isAtomic(): boolean {
    return this.#store.capabilities.atomicMultiStream;
  }

  /** A stream's events, opened, from a revision (inclusive, default the first) to its end. */
  async load(stream: string, from = 0): Promise<LoadedStream> {
    const events: LedgerEvent[] = [];
    for await (const event of this.read(stream, from)) events.push(event);
    const last = events.at(-1);
    if (last === undefined) return { revision: -1, tipHash: NO_HASH, events };
    return { revision: last.revision, tipHash: last.metadata.hash, events };
  }

  /** A stream's events, opened, one after the other: for streams that may be long. */
  async *read(stream: string, from = 0): AsyncGenerator<LedgerEvent> {
    for await (const stored of this.#store.readStream(stream, { from })) {
      const loading = this.#codec.ready([stored]);
      if (loading) await loading;
      yield this.#codec.open(stored);
    }
  }

  /**
   * Appends all events of a command, each stream at its exact revision; all or none where the store can. Repeating
   * it with the same command id changes nothing.
   *
   * @returns the events as committed, opened
   * @throws RevisionConflict, OutcomeUnknown, StoreUnavailable, StreamDeleted
   */
  async append(
    writes: readonly StreamWrite[],
    context: CommandContext,
  ): Promise<{ readonly events: readonly LedgerEvent[] }> {
    const requests = writes.filter(({ events }) => events.length > 0).map(sealRequest);
    if (requests.length === 0) return { events: [] };
    this.#gate?.check();
    const loading = this.#codec.readyToSeal(requests);
    if (loading) await loading;
    const envelopes = this.#codec.seal(requests, context);
    const appends = requests.map(({ stream, firstRevision }, index): StreamAppend => {
      const expectedRevision = firstRevision === 0 ? 'noStream' : firstRevision - 1;
      return { stream, expectedRevision, events: envelopes[index] ?? [] };
    });
    const { events } = await this.#appendMany(appends, context.tenant);
    // Read models do not read claims: no checkpoint ever reaches one.
    const last = this.#gate && events.findLast(({ stream }) => !stream.includes(CLAIM_MARK));
    if (last) await this.#gate?.readable(last.position);
    return { events: events.map((event) => this.#codec.open(event)) };
  }

  async #appendMany(appends: readonly StreamAppend[], tenant: string): Promise<AppendResult> {
    try {
      const result = await this.#store.appendMany(appends);
      this.counts.appended(tenant, result.events.length);
      return result;
    } catch (error) {
      if (error instanceof RevisionConflict) this.counts.conflicted(tenant);
      throw error;
    }
  }
}

function sealRequest({ stream, revision, tipHash, events, keyId }: StreamWrite): SealRequest {
  if (revision < 0 !== (tipHash === NO_HASH)) {
    throw new Error(`${stream} at revision ${revision} was given ${tipHash ? 'a' : 'no'} hash to follow`);
  }
  const request = { stream, firstRevision: revision + 1, prevHash: tipHash, events };
  return keyId === undefined ? request : { ...request, keyId };
}
