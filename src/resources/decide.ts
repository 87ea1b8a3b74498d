// From a resource's state and what is wanted to the events that happen. Pure: time and ids are the caller's.
import type { Json, JsonObject } from '../scim/json.js';
import { diffAttributes } from './diff.js';
import type { AttributeChange, ResourceEvent } from './events.js';
import type { Member, ResourceAttributes, ResourceType } from './resource-type.js';

/** Members in one event; a larger change becomes several events of one append. */
const MEMBERS_PER_EVENT = 500;

/** How a resource's members are to change, relative to the members it has. */
export interface MembersChange {
  /** Every member it has goes; `count` says how many. */
  readonly cleared?: { readonly count: number };
  readonly added: readonly Member[];
  readonly removed: readonly string[];
}

export const NO_MEMBERS_CHANGE: MembersChange = { added: [], removed: [] };

/** The events of a new resource. */
export function decideCreate(
  type: ResourceType,
  attributes: ResourceAttributes,
  members: readonly Member[],
): readonly ResourceEvent[] {
  const created = happened(type, type.vocabulary.created, { attributes }, { paths: Object.keys(attributes) });
  return [created, ...membersEvents(type, { added: members, removed: [] })];
}

/** The events that lead from `before` to `after`; none when nothing changed. */
export function decideChange(
  type: ResourceType,
  before: ResourceAttributes,
  after: ResourceAttributes,
  members: MembersChange = NO_MEMBERS_CHANGE,
): readonly ResourceEvent[] {
  const facts: ResourceEvent[] = [];
  const changes: AttributeChange[] = [];
  for (const change of diffAttributes(type, before, after)) {
    const fact = factOf(type, change);
    if (fact) facts.push(fact);
    else changes.push(change);
  }
  return [...facts, ...changedEvent(type, changes), ...membersEvents(type, members)];
}

/** The one event of a deletion: what follows from it is derived by whoever reads it. */
export function decideDelete(type: ResourceType): readonly ResourceEvent[] {
  return [happened(type, type.vocabulary.deleted, {}, {})];
}

function factOf(type: ResourceType, { path, before, after }: AttributeChange): ResourceEvent | undefined {
  const { renamed, switched } = type.vocabulary;
  if (renamed?.path === path && before !== undefined && after !== undefined) {
    return happened(type, renamed.event, { before, after }, {});
  }
  if (switched?.path === path && typeof before === 'boolean' && typeof after === 'boolean') {
    return happened(type, after ? switched.on : switched.off, {}, {});
  }
  return undefined;
}

function changedEvent(type: ResourceType, changes: readonly AttributeChange[]): readonly ResourceEvent[] {
  if (changes.length === 0) return [];
  const clear = { changes: changes.map(({ path }) => ({ path })) };
  // An AttributeChange is plain JSON; only its optional members hide that from the type checker.
  return [happened(type, type.vocabulary.changed, { changes: changes as unknown as Json }, clear)];
}

function membersEvents(type: ResourceType, change: MembersChange): readonly ResourceEvent[] {
  const names = type.vocabulary.members;
  if (!names) return [];
  const cleared = change.cleared ? [happened(type, names.cleared, { count: change.cleared.count }, {})] : [];
  const removed = inChunks(change.removed).map((members) =>
    happened(type, names.removed, { members: members.map((value) => ({ value })) }, {}),
  );
  const added = inChunks(change.added).map((members) =>
    happened(
      type,
      names.added,
      { members: members.map(({ value, type: kind }) => ({ value, type: kind })) },
      {},
    ),
  );
  return [...cleared, ...removed, ...added];
}

function inChunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / MEMBERS_PER_EVENT);
  return Array.from({ length: count }, (_, chunk) =>
    items.slice(chunk * MEMBERS_PER_EVENT, (chunk + 1) * MEMBERS_PER_EVENT),
  );
}

function happened(type: ResourceType, event: string, data: JsonObject, clear: JsonObject): ResourceEvent {
  return { type: event, schemaVersion: 1, data, ...(type.isPersonal ? { clear } : {}) };
}
