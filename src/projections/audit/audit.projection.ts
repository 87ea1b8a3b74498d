// One audit entry for each command and resource: the events of a command on one stream are told together.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import type { StreamName } from '../../event-store/stream-names.js';
import { internKind, type Documents } from '../../read-model/documents.js';
import { row, type Script } from '../../read-model/script.js';
import { isFence } from '../../resources/events.js';
import { resourceTypeOfCategory } from '../../resources/registry.js';
import type { AuditEntry, Operation } from './audit-entry.js';
import { auditValues, ENTRY_KIND } from './audit-values.js';
import { projectOther } from './other-events.js';
import { projectResourceEvent } from './resource-events.js';
import { sentenceOf } from './sentence.js';
import type { Subjects } from './subjects.js';
import type { Told } from './told.js';

/** What the projection keeps in memory of one generation. */
export interface AuditMemory {
  readonly documents: Documents;
  readonly subjects: Subjects;
  /** The effective time of each kind's last entry. */
  readonly latest: Map<number, string>;
}

export function* projectAudit(memory: AuditMemory, stream: StreamName, event: LedgerEvent): Script<void> {
  const { documents, subjects } = memory;
  // Claims, and what fences off an abandoned one, are how a name is held, not something that anybody did.
  if (stream.category === 'claim' || isFence(event.type)) return;
  const type = resourceTypeOfCategory(stream.category);
  const told = type
    ? yield* projectResourceEvent(subjects, type, stream, event)
    : yield* projectOther(subjects, stream, event);
  if (!told) return;
  const kind = yield* internKind(documents.interned, stream.tenant, ENTRY_KIND);
  const id = entryId(stream, event);
  // The first event of a command cannot have an entry yet: most commands are one event.
  const isFirst = event.metadata.commandIndex === 0;
  const document = isFirst ? undefined : yield* documents.find(kind, id);
  if (!document) {
    const latest = yield* effectiveTime(memory, kind, event);
    yield* documents.insert(kind, contentOf(withSentence(firstEntry(id, stream, event, told, latest))));
    return;
  }
  // Written below as an AuditEntry.
  const before = document.state as AuditEntry;
  const after = withSentence(merge(before, event, told));
  yield* documents.update(document, () => auditValues(before), contentOf(after));
}

/** The id of the entry that tells an event. */
export function entryId({ id }: StreamName, { metadata }: LedgerEvent): string {
  return `${metadata.commandId}.${id}`;
}

function contentOf(entry: AuditEntry) {
  return { id: entry.id, label: '', state: entry, values: () => auditValues(entry) };
}

// The tenant's last entry has the latest time so far; what comes after it is never earlier.
function* effectiveTime({ latest }: AuditMemory, kind: number, event: LedgerEvent): Script<string> {
  const known = latest.get(kind) ?? (yield* latestTime(kind));
  const { occurredAt } = event.metadata;
  const time = known > occurredAt ? known : occurredAt;
  latest.set(kind, time);
  return time;
}

function* latestTime(kind: number): Script<string> {
  const last = yield* row<{ body: string }>(
    'SELECT body FROM document WHERE kind = ? ORDER BY key DESC LIMIT 1',
    kind,
  );
  // Written below as an AuditEntry.
  return last ? (JSON.parse(last.body) as AuditEntry).effectiveTime : '';
}

function firstEntry(
  id: string,
  { tenant }: StreamName,
  event: LedgerEvent,
  { operation, resource, changes = [], more }: Told,
  latest: string,
): Omit<AuditEntry, 'sentence'> {
  const { metadata } = event;
  return {
    id,
    position: event.position,
    time: metadata.occurredAt,
    effectiveTime: latest,
    tenant,
    actor: metadata.actor,
    operation,
    outcome: 'success',
    resource,
    changes,
    ...more,
    ...(metadata.request ? { request: metadata.request } : {}),
    correlationId: metadata.$correlationId,
    commandId: metadata.commandId,
    stream: event.stream,
    revision: event.revision,
    leniencies: metadata.leniencies ?? [],
  };
}

function merge(entry: AuditEntry, { revision }: LedgerEvent, told: Told): Omit<AuditEntry, 'sentence'> {
  const { membersAdded = [], membersRemoved = [], ...more } = told.more ?? {};
  const added = [...(entry.membersAdded ?? []), ...membersAdded];
  const removed = [...(entry.membersRemoved ?? []), ...membersRemoved];
  return {
    ...entry,
    ...more,
    operation: weightier(entry.operation, told.operation),
    resource: told.resource,
    changes: [...entry.changes, ...(told.changes ?? [])],
    ...(added.length > 0 ? { membersAdded: added } : {}),
    ...(removed.length > 0 ? { membersRemoved: removed } : {}),
    revision,
  };
}

// A command that disables a user and changes a title is told as disabling.
function weightier(first: Operation, second: Operation): Operation {
  return first === 'update' ? second : first;
}

function withSentence(entry: Omit<AuditEntry, 'sentence'>): AuditEntry {
  return { ...entry, sentence: sentenceOf(entry) };
}
