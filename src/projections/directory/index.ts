// The directory unit: users, groups, memberships, tenants and tokens behind one checkpoint.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { BulkDocuments } from '../../read-model/bulk-documents.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ID_INDEX, DOCUMENT_TABLES, type Documents } from '../../read-model/documents.js';
import { LinkTable } from '../../read-model/links.js';
import type { Script } from '../../read-model/script.js';
import type { ProjectionUnit, ProjectionWriter } from '../projection.js';
import { projectDirectory, storedValues } from './directory.projection.js';
import { GatheringDirectoryWriter } from './gathering-writer.js';
import { MEMBERSHIP, MEMBERSHIP_TABLES } from './memberships/memberships.projection.js';
import { searchAnyhow, type ResourceSearch } from './resources/resource-search.js';
import { RESOURCE_TABLES } from './resources/resources.projection.js';
import { TENANT_TABLES } from './tenants/tenants.projection.js';
import { TOKEN_TABLES } from './tokens/tokens.projection.js';

class DirectoryWriter implements ProjectionWriter {
  #bulk: BulkDocuments | undefined;
  #documents: Documents;
  readonly #memberships = new LinkTable(MEMBERSHIP);

  constructor(isBulkLoad: boolean) {
    this.#bulk = isBulkLoad ? new BulkDocuments({ findsAll: true }) : undefined;
    this.#documents = this.#bulk ?? new DocumentWriter();
  }

  *apply(event: LedgerEvent): Script<void> {
    yield* projectDirectory({ documents: this.#documents, memberships: this.#memberships }, event);
  }

  flush(): Script<void> {
    return this.#documents.flush();
  }

  *finishBulkLoad(): Script<void> {
    if (!this.#bulk) return;
    yield* this.#bulk.finish(storedValues);
    this.#bulk = undefined;
    this.#documents = new DocumentWriter();
  }

  forget(): void {
    this.#documents.forget();
  }
}

export const directoryUnit: ProjectionUnit = {
  name: 'directory',
  version: 1,
  tables: [
    ...DOCUMENT_TABLES,
    // Events find their resources by id, in a rebuild too.
    DOCUMENT_ID_INDEX,
    ...RESOURCE_TABLES,
    ...MEMBERSHIP_TABLES,
    ...TENANT_TABLES,
    ...TOKEN_TABLES,
  ],
  indexes: [],
  writer: ({ isBulkLoad, isBatched }) =>
    isBatched ? new GatheringDirectoryWriter(isBulkLoad) : new DirectoryWriter(isBulkLoad),
  longQuery: (request) => (interned) => searchAnyhow(interned, request as ResourceSearch),
};
