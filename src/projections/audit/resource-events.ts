import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import type { StreamName } from '../../event-store/stream-names.js';
import type { Script } from '../../read-model/script.js';
import { getAt } from '../../resources/attribute-paths.js';
import { NO_ATTRIBUTES, diffAttributes } from '../../resources/diff.js';
import type { AttributeChange } from '../../resources/events.js';
import { changesOf } from '../../resources/evolve.js';
import type { Member, ResourceAttributes, ResourceType } from '../../resources/resource-type.js';
import type { Reference, Subject } from './audit-entry.js';
import type { Told } from './told.js';
import type { KnownSubject, Subjects } from './subjects.js';

/** What an event on a resource says, keeping track of names and memberships on the way. */
export function* projectResourceEvent(
  subjects: Subjects,
  type: ResourceType,
  { tenant, id }: StreamName,
  event: LedgerEvent,
): Script<Told | undefined> {
  const { vocabulary } = type;
  if (event.type === vocabulary.created) return yield* projectCreated(subjects, type, tenant, id, event);
  const known =
    (yield* subjects.find(tenant, id)) ?? (yield* subjects.add(tenant, { type: type.name, id, label: '' }));
  const resource = subjectOf(known);
  switch (event.type) {
    case vocabulary.changed:
      return {
        operation: 'update',
        resource,
        ...(yield* withReferences(subjects, type, tenant, changesOf(event.data))),
      };
    case vocabulary.renamed?.event:
      return yield* projectRenamed(subjects, type, tenant, known, event);
    case vocabulary.switched?.on:
    case vocabulary.switched?.off: {
      const isOn = event.type === vocabulary.switched?.on;
      const change = { path: vocabulary.switched?.path ?? '', before: !isOn, after: isOn };
      return { operation: isOn ? 'enable' : 'disable', resource, changes: [change] };
    }
    case vocabulary.deleted:
      return { operation: 'delete', resource, more: { groupsLeft: yield* subjects.leaveAll(known.key) } };
    default:
      return yield* projectMembers(subjects, type, tenant, known, event);
  }
}

function subjectOf({ type, id, label }: KnownSubject): Subject {
  return { type, id, label };
}

function* projectCreated(
  subjects: Subjects,
  type: ResourceType,
  tenant: string,
  id: string,
  event: LedgerEvent,
): Script<Told> {
  const attributes = (event.data['attributes'] ?? NO_ATTRIBUTES) as ResourceAttributes;
  const label = getAt(attributes, type.labelAttribute);
  const subject = { type: type.name, id, label: typeof label === 'string' ? label : '' };
  yield* subjects.add(tenant, subject);
  const changes = diffAttributes(type, NO_ATTRIBUTES, attributes);
  return {
    operation: 'create',
    resource: subject,
    ...(yield* withReferences(subjects, type, tenant, changes)),
  };
}

// Names as the audit knows them at this point of the log, so that a replay tells the same.
function* withReferences(
  subjects: Subjects,
  type: ResourceType,
  tenant: string,
  changes: readonly AttributeChange[],
): Script<Pick<Told, 'changes' | 'more'>> {
  const references: Reference[] = [];
  for (const { path, before, after } of changes) {
    if (!type.references.some((reference) => path === `${reference.path}.value`)) continue;
    for (const id of [before, after]) {
      const known = typeof id === 'string' ? yield* subjects.find(tenant, id) : undefined;
      if (known && known.label !== '') references.push({ path, ...subjectOf(known) });
    }
  }
  return { changes, ...(references.length > 0 ? { more: { references } } : {}) };
}

function* projectRenamed(
  subjects: Subjects,
  type: ResourceType,
  tenant: string,
  known: KnownSubject,
  event: LedgerEvent,
): Script<Told> {
  const { before, after } = event.data;
  const label = typeof after === 'string' ? after : known.label;
  yield* subjects.rename(tenant, known, label);
  const change: AttributeChange = {
    path: type.vocabulary.renamed?.path ?? '',
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
  return { operation: 'update', resource: { ...subjectOf(known), label }, changes: [change] };
}

function* projectMembers(
  subjects: Subjects,
  type: ResourceType,
  tenant: string,
  holder: KnownSubject,
  event: LedgerEvent,
): Script<Told | undefined> {
  const resource = subjectOf(holder);
  switch (event.type) {
    case type.vocabulary.members?.cleared:
      yield* subjects.memberships.clear(holder.key);
      return { operation: 'update', resource, more: { membersCleared: Number(event.data['count'] ?? 0) } };
    case type.vocabulary.members?.added: {
      const membersAdded = yield* eachMember(subjects, tenant, event, ({ key }) =>
        subjects.memberships.add(holder.key, key),
      );
      return { operation: 'update', resource, more: { membersAdded } };
    }
    case type.vocabulary.members?.removed: {
      const membersRemoved = yield* eachMember(subjects, tenant, event, ({ key }) =>
        subjects.memberships.remove(holder.key, key),
      );
      return { operation: 'update', resource, more: { membersRemoved } };
    }
    default:
      return undefined;
  }
}

function* eachMember(
  subjects: Subjects,
  tenant: string,
  { data }: LedgerEvent,
  change: (member: KnownSubject) => Script<void>,
): Script<readonly Subject[]> {
  const members: Subject[] = [];
  // Written by the decision in this shape.
  for (const { value } of (data['members'] ?? []) as unknown as readonly Member[]) {
    const member = yield* subjects.find(tenant, value);
    if (member) yield* change(member);
    members.push(member ? subjectOf(member) : { type: '', id: value, label: '' });
  }
  return members;
}
