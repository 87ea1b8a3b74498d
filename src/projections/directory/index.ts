// The directory unit: users, groups, memberships, tenants and tokens behind one checkpoint.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ORDER_INDEX, DOCUMENT_TABLES } from '../../read-model/documents.js';
import type { Script } from '../../read-model/script.js';
import { resourceTypeNamed, resourceTypeOfCategory } from '../../resources/registry.js';
import type { ProjectionUnit, ProjectionWriter } from '../projection.js';
import { MEMBERSHIP_TABLES, projectMemberships } from './memberships/memberships.projection.js';
import { indexedValues } from './resources/indexed-values.js';
import { searchAnyhow, type ResourceSearch } from './resources/resource-search.js';
import { projectResource, RESOURCE_TABLES, stateOf } from './resources/resources.projection.js';
import { projectTenant, TENANT_TABLES } from './tenants/tenants.projection.js';
import { projectToken, TOKEN_TABLES } from './tokens/tokens.projection.js';

class DirectoryWriter implements ProjectionWriter {
  readonly #documents: DocumentWriter;

  constructor(isBulkLoad: boolean) {
    this.#documents = new DocumentWriter({ isIndexed: !isBulkLoad });
  }

  *apply(event: LedgerEvent): Script<void> {
    const stream = parseStreamName(event.stream);
    if (!stream) return;
    if (stream.category === 'tenant') yield* projectTenant(event);
    else if (stream.category === 'token') yield* projectToken(stream.tenant, event);
    else {
      const type = resourceTypeOfCategory(stream.category);
      const resource = type && (yield* projectResource(this.#documents, type, stream, event));
      if (resource) yield* projectMemberships(this.#documents.interned, type, stream.tenant, resource, event);
    }
  }

  *finishBulkLoad(): Script<void> {
    yield* this.#documents.buildIndex((kindName, document) => {
      const type = resourceTypeNamed(kindName);
      return type ? indexedValues(type, stateOf(document)) : [];
    });
  }

  forget(): void {
    this.#documents.interned.forget();
  }
}

export const directoryUnit: ProjectionUnit = {
  name: 'directory',
  version: 1,
  tables: [...DOCUMENT_TABLES, ...RESOURCE_TABLES, ...MEMBERSHIP_TABLES, ...TENANT_TABLES, ...TOKEN_TABLES],
  indexes: [DOCUMENT_ORDER_INDEX],
  writer: ({ isBulkLoad }) => new DirectoryWriter(isBulkLoad),
  longQuery: (request) => (interned) => searchAnyhow(interned, request as ResourceSearch),
};
