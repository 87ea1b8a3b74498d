// A resource's stream, loaded for a decision and written with what was decided.
import { Injectable } from '@nestjs/common';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { EventLog, type StreamWrite } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import { KeyStore } from '../keys/key-store.js';
import type { ResourceEvent } from '../resources/events.js';
import { evolve, type ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import { MemberTable, type MemberSet } from './member-table.js';

/** A resource as a decision needs it. */
export interface LoadedResource {
  readonly stream: string;
  readonly revision: number;
  readonly tipHash: string;
  readonly keyId: number | undefined;
  readonly state: ResourceState;
  readonly members: MemberSet;
}

const NO_MEMBERS: MemberSet = { size: 0, has: () => false, values: () => [] };

@Injectable()
export class ResourceStreams {
  constructor(
    private readonly log: EventLog,
    private readonly keys: KeyStore,
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
  create(type: ResourceType, tenant: string, id: string, events: readonly ResourceEvent[]): StreamWrite {
    return {
      stream: streamName(tenant, type.category, id),
      revision: -1,
      tipHash: '',
      events,
      ...(type.isPersonal ? { keyId: this.keys.takeUserKey().keyId } : {}),
    };
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
    if (type.members) this.#remember(type, writes[0].stream, own, state);
    return state;
  }

  #remember(type: ResourceType, stream: string, events: readonly LedgerEvent[], state: ResourceState): void {
    const stamp = this.memberTable.stampOf(stream);
    const first = events[0]?.revision ?? 0;
    if ((stamp?.revision ?? -1) === first - 1) this.memberTable.advance(type, stream, stamp, events, state);
  }

  async #loadWhole(type: ResourceType, stream: string): Promise<LoadedResource | undefined> {
    const { events, revision, tipHash } = await this.log.load(stream);
    if (events.length === 0) return undefined;
    const keyId = events[0]?.metadata.keyId;
    return {
      stream,
      revision,
      tipHash,
      keyId,
      state: evolveAll(type, undefined, events),
      members: NO_MEMBERS,
    };
  }

  async #loadWithMembers(type: ResourceType, stream: string): Promise<LoadedResource | undefined> {
    const known = this.memberTable.stampOf(stream);
    // From the stamped event on: it must be the one that was stamped, whatever follows is new.
    const { events, tipHash } = await this.log.load(stream, known?.revision ?? 0);
    const isInStep = known === undefined || events[0]?.id === known.eventId;
    if (!isInStep) {
      this.memberTable.drop(known);
      return this.#loadWithMembers(type, stream);
    }
    const tail = known ? events.slice(1) : events;
    if (!known && tail.length === 0) return undefined;
    const stamp =
      tail.length > 0
        ? this.memberTable.advance(type, stream, known, tail, evolveAll(type, known?.state, tail))
        : known;
    if (!stamp) return undefined;
    const { revision, state } = stamp;
    return { stream, revision, tipHash, keyId: undefined, state, members: this.memberTable.members(stamp) };
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
