// The audit unit: one entry for every change and every refused write.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ORDER_INDEX, DOCUMENT_TABLES } from '../../read-model/documents.js';
import type { Script } from '../../read-model/script.js';
import type { ProjectionUnit, ProjectionWriter } from '../projection.js';
import { projectAudit } from './audit.projection.js';
import { storedAuditValues } from './audit-values.js';
import { searchEntries, type EntrySearch } from './entry-search.js';
import { GatheringAuditWriter } from './gathering-writer.js';
import { SUBJECT_TABLES, SubjectTable } from './subjects.js';

class AuditWriter implements ProjectionWriter {
  readonly #documents: DocumentWriter;
  readonly #subjects = new SubjectTable();
  readonly #latest = new Map<number, string>();

  constructor(isBulkLoad: boolean) {
    this.#documents = new DocumentWriter({ isIndexed: !isBulkLoad });
  }

  *apply(event: LedgerEvent): Script<void> {
    const stream = parseStreamName(event.stream);
    if (!stream) return;
    const memory = { documents: this.#documents, subjects: this.#subjects, latest: this.#latest };
    yield* projectAudit(memory, stream, event);
  }

  *finishBulkLoad(): Script<void> {
    yield* this.#documents.buildIndex((_kind, { body }) => storedAuditValues(body));
  }

  forget(): void {
    this.#documents.forget();
    this.#latest.clear();
  }
}

export const auditUnit: ProjectionUnit = {
  name: 'audit',
  version: 1,
  tables: [...DOCUMENT_TABLES, ...SUBJECT_TABLES],
  indexes: [DOCUMENT_ORDER_INDEX],
  writer: ({ isBulkLoad, isBatched }) =>
    isBatched ? new GatheringAuditWriter(isBulkLoad) : new AuditWriter(isBulkLoad),
  longQuery: (request) => (interned) => searchEntries(interned, request as EntrySearch),
};
