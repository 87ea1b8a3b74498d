// Writes the audit a batch at a time, for a database where each statement is a journey.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName, type StreamName } from '../../event-store/stream-names.js';
import { internKind } from '../../read-model/documents.js';
import { GatheredDocuments, type Wanted } from '../../read-model/gathered-documents.js';
import type { Script } from '../../read-model/script.js';
import { resourceTypeOfCategory } from '../../resources/registry.js';
import type { ProjectionWriter } from '../projection.js';
import { entryId, projectAudit } from './audit.projection.js';
import { ENTRY_KIND, storedAuditValues } from './audit-values.js';
import { GatheredSubjects, type WantedSubject } from './gathered-subjects.js';

export class GatheringAuditWriter implements ProjectionWriter {
  readonly #documents: GatheredDocuments;
  readonly #subjects = new GatheredSubjects();
  readonly #latest = new Map<number, string>();

  constructor(isBulkLoad: boolean) {
    this.#documents = new GatheredDocuments({ isIndexed: !isBulkLoad });
  }

  *prepare(events: readonly LedgerEvent[]): Script<void> {
    const entries: Wanted[] = [];
    const subjects: WantedSubject[] = [];
    for (const event of events) {
      const stream = parseStreamName(event.stream);
      if (!stream) continue;
      subjects.push(...subjectsOf(stream, event));
      if (event.metadata.commandIndex === 0) continue;
      const kind = yield* internKind(this.#documents.interned, stream.tenant, ENTRY_KIND);
      entries.push({ kind, id: entryId(stream, event), isWhole: true });
    }
    yield* this.#documents.prepare(entries);
    yield* this.#subjects.prepare(subjects);
  }

  *apply(event: LedgerEvent): Script<void> {
    const stream = parseStreamName(event.stream);
    if (!stream) return;
    const memory = { documents: this.#documents, subjects: this.#subjects, latest: this.#latest };
    yield* projectAudit(memory, stream, event);
  }

  *flush(): Script<void> {
    yield* this.#subjects.flush();
    yield* this.#documents.flush();
  }

  beginBulkLoad(): Script<void> {
    return this.#documents.begin();
  }

  *finishBulkLoad(): Script<void> {
    yield* this.#documents.finish((_kind, body) => storedAuditValues(body));
  }

  forget(): void {
    this.#documents.forget();
    this.#subjects.forget();
    this.#latest.clear();
  }
}

/** What an event's entry will name: the stream's own resource, its members, and what a refused write was about. */
function subjectsOf(
  { tenant, category, id }: StreamName,
  { type, data }: LedgerEvent,
): readonly WantedSubject[] {
  const vocabulary = resourceTypeOfCategory(category)?.vocabulary;
  const own = vocabulary && type !== vocabulary.created ? [{ tenant, id }] : [];
  const named = [...memberIds(data['members']), data['resourceId'], data['tokenId']];
  return [...own, ...named.flatMap((name) => (typeof name === 'string' ? [{ tenant, id: name }] : []))];
}

function memberIds(members: unknown): readonly unknown[] {
  return Array.isArray(members) ? members.map((member: { readonly value?: unknown }) => member.value) : [];
}
