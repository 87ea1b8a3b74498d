// Who is a member of what, by document key, readable from both sides.
import type { LedgerEvent } from '../../../event-store/envelope/ledger-event.js';
import { findKind, type Documents } from '../../../read-model/documents.js';
import type { Links } from '../../../read-model/links.js';
import type { Script } from '../../../read-model/script.js';
import type { Member, ResourceType } from '../../../resources/resource-type.js';
import type { ProjectedResource } from '../resources/resources.projection.js';

export const MEMBERSHIP = 'membership';

export const MEMBERSHIP_TABLES: readonly string[] = [
  `CREATE TABLE membership (holder INTEGER NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (holder, member)) WITHOUT ROWID`,
  `CREATE INDEX membership_of ON membership (member, holder)`,
];

/** Where memberships are kept, and the documents between which they stand. */
export interface MembershipTables {
  readonly documents: Documents;
  readonly memberships: Links;
}

export function* projectMemberships(
  tables: MembershipTables,
  type: ResourceType,
  tenant: string,
  resource: ProjectedResource,
  event: LedgerEvent,
): Script<void> {
  if (resource.isGone) {
    yield* tables.memberships.clear(resource.key);
    yield* tables.memberships.leave(resource.key);
    return;
  }
  const names = type.vocabulary.members;
  if (!names) return;
  if (event.type === names.cleared) yield* tables.memberships.clear(resource.key);
  else if (event.type === names.added) yield* addMembers(tables, tenant, resource.key, membersOf(event));
  else if (event.type === names.removed) {
    yield* removeMembers(tables, type, tenant, resource.key, membersOf(event));
  }
}

/** The members that an event adds or removes; none for other events. */
export function membersOf(event: LedgerEvent): readonly Member[] {
  // Written by the decision in this shape.
  return (event.data['members'] ?? []) as unknown as readonly Member[];
}

function* findMember(
  { documents }: MembershipTables,
  tenant: string,
  resourceType: string,
  id: string,
): Script<number | undefined> {
  const kind = yield* findKind(documents.interned, tenant, resourceType);
  if (kind === undefined) return undefined;
  return yield* documents.findKey(kind, id);
}

function* addMembers(
  tables: MembershipTables,
  tenant: string,
  holder: number,
  members: readonly Member[],
): Script<void> {
  for (const { value, type } of members) {
    // A member deleted in the meantime is no member.
    const member = yield* findMember(tables, tenant, type, value);
    if (member !== undefined) yield* tables.memberships.add(holder, member);
  }
}

function* removeMembers(
  tables: MembershipTables,
  type: ResourceType,
  tenant: string,
  holder: number,
  members: readonly Pick<Member, 'value'>[],
): Script<void> {
  for (const { value } of members) {
    for (const resourceType of type.members?.resourceTypes ?? []) {
      const member = yield* findMember(tables, tenant, resourceType, value);
      if (member !== undefined) yield* tables.memberships.remove(holder, member);
    }
  }
}
