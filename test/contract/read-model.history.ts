// What happens to a directory, as opened events: steps in, the events that the domain decides for them out.
import { LEDGER_TENANT, streamName } from '../../src/event-store/stream-names.js';
import type { LedgerEvent, NewEvent } from '../../src/event-store/envelope/ledger-event.js';
import { decideChange, decideCreate, decideDelete } from '../../src/resources/decide.js';
import type { MembersChange } from '../../src/resources/decide.js';
import { evolve, type ResourceState } from '../../src/resources/evolve.js';
import { groupType } from '../../src/resources/group/index.js';
import type { Member, ResourceAttributes, ResourceType } from '../../src/resources/resource-type.js';
import { userType } from '../../src/resources/user/index.js';

export const TENANT = 'acme';
const OTHER_TENANT = 'other';

/** One command. Numbers choose among what there is at the time, so that any list of steps is a history. */
export type Step = (
  | { readonly type: 'createUser'; readonly attributes: ResourceAttributes }
  | {
      readonly type: 'createGroup';
      readonly attributes: ResourceAttributes;
      readonly members: readonly number[];
    }
  | { readonly type: 'changeUser'; readonly which: number; readonly attributes: ResourceAttributes }
  | {
      readonly type: 'changeGroup';
      readonly which: number;
      readonly attributes: ResourceAttributes | undefined;
      readonly isCleared: boolean;
      readonly added: readonly number[];
      readonly removed: readonly number[];
    }
  | { readonly type: 'delete'; readonly which: number }
  | { readonly type: 'token'; readonly isRevoked: boolean }
  | { readonly type: 'refusal'; readonly which: number; readonly count: number }
) & {
  /** Seconds since the command before; clocks may go back. */
  readonly after: number;
};

interface Resource {
  readonly type: ResourceType;
  readonly id: string;
  state: ResourceState;
  readonly members: Set<string>;
}

/** Ids in order of creation. */
export function idOf(number: number): string {
  return `r${number}`;
}

export class DirectoryHistory {
  readonly #resources: Resource[] = [];
  readonly #revisions = new Map<string, number>();
  #time = Date.UTC(2026, 0, 1);
  #position = 0;
  #commands = 0;

  /** @param publish takes the events of one command, as a store would give them back */
  constructor(private readonly publish: (events: readonly LedgerEvent[]) => void) {}

  happen(steps: readonly Step[]): void {
    this.#somewhereElse();
    for (const step of steps) {
      this.#time += step.after * 1000;
      this.#take(step);
    }
  }

  /** Creates users; returns their ids. */
  createMany(count: number): readonly string[] {
    return Array.from({ length: count }, (_, index) =>
      this.#create(userType, { userName: `user${index}`, active: true }, []),
    );
  }

  /** Deletes a resource. Returns true, so that it can stand in a condition. */
  remove(id: string): true {
    const resource = this.#resources.find((candidate) => candidate.id === id);
    if (resource) this.#change(resource, decideDelete(resource.type));
    return true;
  }

  #take(step: Step): void {
    switch (step.type) {
      case 'createUser':
        return void this.#create(userType, step.attributes, []);
      case 'createGroup':
        return void this.#create(groupType, step.attributes, this.#members(step.members));
      case 'changeUser': {
        const user = this.#pick(step.which, userType);
        return user && this.#change(user, decideChange(userType, user.state.attributes, step.attributes));
      }
      case 'changeGroup':
        return this.#changeGroup(step);
      case 'delete': {
        const resource = this.#pick(step.which);
        return resource && this.#change(resource, decideDelete(resource.type));
      }
      case 'token':
        return this.#token(step.isRevoked);
      case 'refusal':
        return this.#refusal(step.which, step.count);
      default:
        return step satisfies never;
    }
  }

  #create(type: ResourceType, attributes: ResourceAttributes, members: readonly Member[]): string {
    const id = idOf(this.#resources.length + 1);
    const events = decideCreate(type, attributes, members);
    const claim = streamName(TENANT, 'claim', `of-${id}`);
    const claimed = { type: 'NameClaimed', schemaVersion: 1, data: { kind: type.name, ownerId: id } };
    const stream = streamName(TENANT, type.category, id);
    const published = this.#append([
      [stream, events],
      [claim, [claimed]],
    ]);
    const state = evolveAll(type, undefined, published, stream);
    this.#resources.push({ type, id, state, members: new Set(members.map(({ value }) => value)) });
    return id;
  }

  #changeGroup({ which, attributes, isCleared, added, removed }: Step & { type: 'changeGroup' }): void {
    const group = this.#pick(which, groupType);
    if (!group) return;
    const before = isCleared ? new Set<string>() : group.members;
    const wanted = this.#members(added).filter(({ value }) => !before.has(value));
    const gone = isCleared ? [] : this.#members(removed).filter(({ value }) => before.has(value));
    const members: MembersChange = {
      ...(isCleared ? { cleared: { count: group.members.size } } : {}),
      added: wanted,
      removed: gone.map(({ value }) => value),
    };
    const after = attributes ?? group.state.attributes;
    this.#change(group, decideChange(groupType, group.state.attributes, after, members));
    if (isCleared) group.members.clear();
    for (const { value } of gone) group.members.delete(value);
    for (const { value } of wanted) group.members.add(value);
  }

  #change(resource: Resource, events: readonly NewEvent[]): void {
    if (events.length === 0) return;
    const stream = streamName(TENANT, resource.type.category, resource.id);
    resource.state = evolveAll(resource.type, resource.state, this.#append([[stream, events]]), stream);
  }

  #token(isRevoked: boolean): void {
    const tokenId = `t${(this.#commands += 1)}`;
    const stream = streamName(TENANT, 'token', tokenId);
    const data = { tokenId, name: `token ${tokenId}`, hash: `hash of ${tokenId}` };
    this.#append([[stream, [{ type: 'TokenIssued', schemaVersion: 1, data }]]]);
    if (!isRevoked) return;
    this.#append([[stream, [{ type: 'TokenRevoked', schemaVersion: 1, data: { tokenId } }]]]);
  }

  #refusal(which: number, count: number): void {
    const resourceId = this.#pick(which)?.id;
    const stream = streamName(TENANT, 'refusal', `f${(this.#commands += 1)}`);
    const refused = { operation: 'patch', status: 400, scimType: 'invalidValue', fingerprints: {} };
    const data = { ...refused, ...(resourceId === undefined ? {} : { resourceType: 'User', resourceId }) };
    this.#append([
      count === 0
        ? [stream, [{ type: 'WriteRefused', schemaVersion: 1, data }]]
        : [stream, [{ type: 'RefusalsSuppressed', schemaVersion: 1, data: { count } }]],
    ]);
  }

  // What other tenants have, and what is no resource, must not be found.
  #somewhereElse(): void {
    const attributes = { userName: 'a', displayName: 'a', active: true };
    this.#append([
      [
        streamName(LEDGER_TENANT, 'key', 'secret'),
        [{ type: 'SecretKeyRegistered', schemaVersion: 1, data: {} }],
      ],
    ]);
    for (const tenant of [TENANT, OTHER_TENANT]) {
      const data = { slug: tenant, profile: 'default' };
      this.#append(
        [[streamName(tenant, 'tenant', 'config'), [{ type: 'TenantRegistered', schemaVersion: 1, data }]]],
        tenant,
      );
    }
    const user = streamName(OTHER_TENANT, 'user', idOf(1));
    this.#append([[user, decideCreate(userType, attributes, [])]], OTHER_TENANT);
    const members = [{ value: idOf(1), type: 'User' }];
    const group = streamName(OTHER_TENANT, 'group', idOf(2));
    this.#append([[group, decideCreate(groupType, { displayName: 'a' }, members)]], OTHER_TENANT);
  }

  #pick(which: number, type?: ResourceType): Resource | undefined {
    const alive = this.#resources.filter(
      ({ state, ...own }) => !state.isDeleted && (!type || own.type === type),
    );
    return alive[which % Math.max(1, alive.length)];
  }

  /** Resources that exist or existed: the check for existence may have been answered by a model that is behind. */
  #members(numbers: readonly number[]): readonly Member[] {
    const count = this.#resources.length;
    const chosen = count === 0 ? [] : numbers.map((number) => this.#resources[number % count]);
    return [...new Set(chosen)].flatMap((found) =>
      found ? [{ value: found.id, type: found.type.name }] : [],
    );
  }

  #append(
    writes: readonly (readonly [string, readonly NewEvent[]])[],
    tenant = TENANT,
  ): readonly LedgerEvent[] {
    const commandId = `c${(this.#commands += 1)}`;
    const commandSize = writes.reduce((size, [, events]) => size + events.length, 0);
    let commandIndex = 0;
    const published = writes.flatMap(([stream, events]) =>
      events.map(({ type, schemaVersion, data }): LedgerEvent => {
        const revision = (this.#revisions.get(stream) ?? -1) + 1;
        this.#revisions.set(stream, revision);
        const metadata = {
          ...this.#metadata(tenant, commandId),
          schemaVersion,
          commandIndex: (commandIndex += 1) - 1,
          commandSize,
        };
        const position = String((this.#position += 1)).padStart(16, '0');
        return { id: `e${this.#position}`, stream, revision, position, type, data, metadata, erased: false };
      }),
    );
    this.publish(published);
    return published;
  }

  #metadata(tenant: string, commandId: string) {
    return {
      $correlationId: `correlation of ${commandId}`,
      $causationId: commandId,
      tenant,
      commandId,
      actor: { kind: 'token', id: 't1', label: 'Entra' },
      request: { id: `request of ${commandId}`, method: 'PATCH', path: '/scim/v2/Users' },
      occurredAt: new Date(this.#time).toISOString(),
      prevHash: '',
      hash: '',
    };
  }
}

function evolveAll(
  type: ResourceType,
  before: ResourceState | undefined,
  events: readonly LedgerEvent[],
  stream: string,
): ResourceState {
  const state = events
    .filter((event) => event.stream === stream)
    .reduce<ResourceState | undefined>(
      (current, event) => evolve(type, current, { ...event, occurredAt: event.metadata.occurredAt }),
      before,
    );
  if (!state) throw new Error('a resource has at least one event');
  return state;
}
