// A resource's stream, loaded for a decision and written with what was decided.
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { EventLog, type StreamWrite } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import { KEYS, type Keys } from '../keys/keys.js';
import type { ResourceEvent } from '../resources/events.js';
import { evolve, type ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import { MemberTable, type MemberSet, type Stamp } from './member-table.js';

/** A resource as a decision needs it. */
export interface LoadedResource {
  readonly stream: string;
  readonly revision: number;
  readonly tipHash: string;
  readonly keyId: number | undefined;
  readonly state: ResourceState;
  readonly members: MemberSet;
}

/** A group's history may be long: it is taken in piece by piece. */
const EVENTS_AT_ONCE = 500;

/** Resources of which the last state is remembered: a few kilobytes each. */
const REMEMBERED = 2000;

const NO_MEMBERS: MemberSet = { size: 0, has: () => false, values: () => [] };

@Injectable()
export class ResourceStreams {
  readonly #spareKeys: number[] = [];
  // By stream, and only a beginning: what the log has after it is read each time.
  readonly #remembered = new LRUCache<string, LoadedResource>({ max: REMEMBERED });

  constructor(
    private readonly log: EventLog,
    @Inject(KEYS) private readonly keys: Keys,
    private readonly memberTable: MemberTable,
  ) {}

  /** The resource with this id; undefined when there is none or it was deleted. */
  async load(type: ResourceType, tenant: string, id: string): Promise<LoadedResource | undefined> {
    const stream = streamName(tenant, type.category, id);
    const loaded = type.members
      ? await this.#loadWithMembers(type, stream)
      : await this.#loadWhole(type, stream);
    return loaded?.state.isDeleted === false ? loaded : undefined;
  }

  /** The writes of a new resource. */
  async create(
    type: ResourceType,
    tenant: string,
    id: string,
    events: readonly ResourceEvent[],
  ): Promise<StreamWrite> {
    const stream = streamName(tenant, type.category, id);
    const write = { stream, revision: -1, tipHash: '', events };
    if (!type.isPersonal) return write;
    const keyId = this.#spareKeys.pop() ?? (await this.keys.takeUserKey()).keyId;
    return { ...write, keyId };
  }

  /** Takes back the key of a new resource of which nothing was stored: names that are taken use up no keys. */
  discard({ keyId }: StreamWrite): void {
    if (keyId !== undefined) this.#spareKeys.push(keyId);
  }

  /** The writes of a change to a loaded resource. */
  change(loaded: LoadedResource, events: readonly ResourceEvent[]): StreamWrite {
    const { stream, revision, tipHash, keyId } = loaded;
    return { stream, revision, tipHash, events, ...(keyId === undefined ? {} : { keyId }) };
  }

  /**
   * Commits writes together: all of them or none. The first is the resource's own.
   * @returns the resource's state after them
   */
  async commit(
    type: ResourceType,
    writes: readonly [StreamWrite, ...StreamWrite[]],
    before: ResourceState | undefined,
    context: CommandContext,
  ): Promise<ResourceState> {
    const { events } = await this.log.append(writes, context);
    const own = events.filter(({ stream }) => stream === writes[0].stream);
    const state = evolveAll(type, before, own);
    if (type.members) this.#tryToRemember(type, writes[0].stream, own, state);
    return state;
  }

  // The change stands whatever becomes of the table, which is brought up to date from the log when next needed.
  #tryToRemember(
    type: ResourceType,
    stream: string,
    events: readonly LedgerEvent[],
    state: ResourceState,
  ): void {
    try {
      this.#remember(type, stream, events, state);
    } catch {
      this.memberTable.forgetAll();
    }
  }

  #remember(type: ResourceType, stream: string, events: readonly LedgerEvent[], state: ResourceState): void {
    const stamp = this.memberTable.stampOf(stream);
    const first = events[0]?.revision ?? 0;
    if (stamp && state.isDeleted) this.memberTable.drop(stamp);
    else if ((stamp?.revision ?? -1) === first - 1) {
      this.memberTable.advance(type, stream, stamp, events, state);
    }
  }

  async #loadWhole(type: ResourceType, stream: string): Promise<LoadedResource | undefined> {
    const known = this.#remembered.get(stream);
    const { events, revision, tipHash } = await this.log.load(stream, known ? known.revision + 1 : 0);
    if (events.length === 0) return known;
    const keyId = known ? known.keyId : events[0]?.metadata.keyId;
    const state = evolveAll(type, known?.state, events);
    const loaded = { stream, revision, tipHash, keyId, state, members: NO_MEMBERS };
    this.#remembered.set(stream, loaded);
    return loaded;
  }

  async #loadWithMembers(type: ResourceType, stream: string): Promise<LoadedResource | undefined> {
    const known = this.memberTable.stampOf(stream);
    const reached = await this.#followFrom(type, stream, known);
    if (known && !reached) {
      // The log says otherwise than the table: forget what is known, and read it again.
      this.memberTable.drop(known);
      return this.#loadWithMembers(type, stream);
    }
    if (!reached) return undefined;
    const { stamp, tipHash } = reached;
    const { revision, state } = stamp;
    return { stream, revision, tipHash, keyId: undefined, state, members: this.memberTable.members(stamp) };
  }

  /**
   * Reads a stream from the stamped event on, which must be the one that was stamped, and takes in what follows.
   * Undefined when it is not, or when there is no stream.
   */
  async #followFrom(
    type: ResourceType,
    stream: string,
    known: Stamp | undefined,
  ): Promise<{ readonly stamp: Stamp; readonly tipHash: string } | undefined> {
    let stamp: Stamp | undefined;
    let tipHash = '';
    let waiting: LedgerEvent[] = [];
    const takeIn = (): void => {
      if (waiting.length > 0) stamp = this.#advance(type, stream, stamp, waiting);
      waiting = [];
    };
    for await (const event of this.log.read(stream, known?.revision ?? 0)) {
      tipHash = event.metadata.hash;
      if (known && !stamp) {
        if (event.id !== known.eventId) return undefined;
        stamp = known;
      } else waiting.push(event);
      if (waiting.length === EVENTS_AT_ONCE) takeIn();
    }
    takeIn();
    return stamp && { stamp, tipHash };
  }

  #advance(
    type: ResourceType,
    stream: string,
    stamp: Stamp | undefined,
    events: readonly LedgerEvent[],
  ): Stamp {
    return this.memberTable.advance(type, stream, stamp, events, evolveAll(type, stamp?.state, events));
  }
}

function evolveAll(
  type: ResourceType,
  before: ResourceState | undefined,
  events: readonly LedgerEvent[],
): ResourceState {
  const state = events.reduce<ResourceState | undefined>(
    (current, event) => evolve(type, current, { ...event, occurredAt: event.metadata.occurredAt }),
    before,
  );
  if (!state) throw new Error('a resource has at least one event');
  return state;
}
