// Who is a member of what, by document key, readable from both sides.
import type { LedgerEvent } from '../../../event-store/envelope/ledger-event.js';
import { findKind, type Documents } from '../../../read-model/documents.js';
import { run, type Script } from '../../../read-model/script.js';
import type { Member, ResourceType } from '../../../resources/resource-type.js';
import type { ProjectedResource } from '../resources/resources.projection.js';

export const MEMBERSHIP_TABLES: readonly string[] = [
  `CREATE TABLE membership (holder INTEGER NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (holder, member)) WITHOUT ROWID`,
  `CREATE INDEX membership_of ON membership (member, holder)`,
];

export function* projectMemberships(
  documents: Documents,
  type: ResourceType,
  tenant: string,
  resource: ProjectedResource,
  event: LedgerEvent,
): Script<void> {
  if (resource.isGone) {
    yield* run('DELETE FROM membership WHERE holder = ?', resource.key);
    yield* run('DELETE FROM membership WHERE member = ?', resource.key);
    return;
  }
  const names = type.vocabulary.members;
  if (!names) return;
  if (event.type === names.cleared) yield* run('DELETE FROM membership WHERE holder = ?', resource.key);
  else if (event.type === names.added) yield* addMembers(documents, tenant, resource.key, membersOf(event));
  else if (event.type === names.removed) {
    yield* removeMembers(documents, type, tenant, resource.key, membersOf(event));
  }
}

function membersOf(event: LedgerEvent): readonly Member[] {
  // Written by the decision in this shape.
  return (event.data['members'] ?? []) as unknown as readonly Member[];
}

function* findMember(
  documents: Documents,
  tenant: string,
  resourceType: string,
  id: string,
): Script<number | undefined> {
  const kind = yield* findKind(documents.interned, tenant, resourceType);
  if (kind === undefined) return undefined;
  return yield* documents.findKey(kind, id);
}

function* addMembers(
  documents: Documents,
  tenant: string,
  holder: number,
  members: readonly Member[],
): Script<void> {
  for (const { value, type } of members) {
    // A member deleted in the meantime is no member.
    const member = yield* findMember(documents, tenant, type, value);
    if (member === undefined) continue;
    yield* run(
      'INSERT INTO membership (holder, member) VALUES (?, ?) ON CONFLICT DO NOTHING',
      holder,
      member,
    );
  }
}

function* removeMembers(
  documents: Documents,
  type: ResourceType,
  tenant: string,
  holder: number,
  members: readonly Pick<Member, 'value'>[],
): Script<void> {
  for (const { value } of members) {
    for (const resourceType of type.members?.resourceTypes ?? []) {
      const member = yield* findMember(documents, tenant, resourceType, value);
      if (member === undefined) continue;
      yield* run('DELETE FROM membership WHERE holder = ? AND member = ?', holder, member);
    }
  }
}
