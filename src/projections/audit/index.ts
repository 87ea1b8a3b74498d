// The audit unit: one entry for every change and every refused write.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { BulkDocuments } from '../../read-model/bulk-documents.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ID_INDEX, DOCUMENT_TABLES, type Documents } from '../../read-model/documents.js';
import type { Script } from '../../read-model/script.js';
import type { ProjectionUnit, ProjectionWriter } from '../projection.js';
import { projectAudit } from './audit.projection.js';
import { storedAuditValues } from './audit-values.js';
import { searchEntries, type EntrySearch } from './entry-search.js';
import { BulkSubjects } from './bulk-subjects.js';
import { GatheringAuditWriter } from './gathering-writer.js';
import { SUBJECT_TABLES, SubjectTable, type Subjects } from './subjects.js';

class AuditWriter implements ProjectionWriter {
  #bulk: BulkDocuments | undefined;
  #documents: Documents;
  #subjects: Subjects;
  readonly #latest = new Map<number, string>();

  constructor(isBulkLoad: boolean) {
    // What adds to an entry stands beside what made it: a command's events on a stream are one append.
    this.#bulk = isBulkLoad ? new BulkDocuments({ findsAll: false }) : undefined;
    this.#documents = this.#bulk ?? new DocumentWriter();
    this.#subjects = isBulkLoad ? new BulkSubjects() : new SubjectTable();
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

  *finishBulkLoad(): Script<void> {
    if (!this.#bulk) return;
    yield* this.#bulk.finish((_kind, body) => storedAuditValues(body));
    this.#bulk = undefined;
    this.#documents = new DocumentWriter();
    this.#subjects = new SubjectTable();
  }

  forget(): void {
    this.#documents.forget();
    this.#subjects.forget();
    this.#latest.clear();
  }
}

export const auditUnit: ProjectionUnit = {
  name: 'audit',
  version: 2,
  tables: [...DOCUMENT_TABLES, ...SUBJECT_TABLES],
  // Made last in a rebuild, whose entries are found in memory. Were one missed, this index would refuse its double.
  indexes: [DOCUMENT_ID_INDEX],
  writer: ({ isBulkLoad, isBatched }) =>
    isBatched ? new GatheringAuditWriter(isBulkLoad) : new AuditWriter(isBulkLoad),
  longQuery: (request) => (interned) => searchEntries(interned, request as EntrySearch),
};
