// The directory unit: users, groups, memberships, tenants and tokens behind one checkpoint.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ORDER_INDEX, DOCUMENT_TABLES } from '../../read-model/documents.js';
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
  readonly #documents: DocumentWriter;
  readonly #memberships = new LinkTable(MEMBERSHIP);

  constructor(isBulkLoad: boolean) {
    this.#documents = new DocumentWriter({ isIndexed: !isBulkLoad });
  }

  *apply(event: LedgerEvent): Script<void> {
    yield* projectDirectory({ documents: this.#documents, memberships: this.#memberships }, event);
  }

  *finishBulkLoad(): Script<void> {
    yield* this.#documents.buildIndex((kindName, { body }) => storedValues(kindName, body));
  }

  forget(): void {
    this.#documents.forget();
  }
}

export const directoryUnit: ProjectionUnit = {
  name: 'directory',
  version: 1,
  tables: [...DOCUMENT_TABLES, ...RESOURCE_TABLES, ...MEMBERSHIP_TABLES, ...TENANT_TABLES, ...TOKEN_TABLES],
  indexes: [DOCUMENT_ORDER_INDEX],
  writer: ({ isBulkLoad, isBatched }) =>
    isBatched ? new GatheringDirectoryWriter(isBulkLoad) : new DirectoryWriter(isBulkLoad),
  longQuery: (request) => (interned) => searchAnyhow(interned, request as ResourceSearch),
};
