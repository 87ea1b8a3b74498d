// The directory unit: users, groups, memberships, tenants and tokens behind one checkpoint.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { BulkDocuments } from '../../read-model/bulk-documents.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { DOCUMENT_ID_INDEX, DOCUMENT_TABLES, type Documents } from '../../read-model/documents.js';
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
  #bulk: BulkDocuments | undefined;
  #documents: Documents;

  constructor(isBulkLoad: boolean) {
    this.#bulk = isBulkLoad ? new BulkDocuments({ findsAll: true }) : undefined;
    this.#documents = this.#bulk ?? new DocumentWriter();
  }

  *apply(event: LedgerEvent): Script<void> {
    const stream = parseStreamName(event.stream);
    if (!stream) return;
    if (stream.category === 'tenant') yield* projectTenant(event);
    else if (stream.category === 'token') yield* projectToken(stream.tenant, event);
    else {
      const type = resourceTypeOfCategory(stream.category);
      const resource = type && (yield* projectResource(this.#documents, type, stream, event));
      if (resource) yield* projectMemberships(this.#documents, type, stream.tenant, resource, event);
    }
  }

  flush(): Script<void> {
    return this.#documents.flush();
  }

  *finishBulkLoad(): Script<void> {
    if (!this.#bulk) return;
    yield* this.#bulk.finish((kindName, body) => {
      const type = resourceTypeNamed(kindName);
      return type ? indexedValues(type, stateOf({ body })) : [];
    });
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
  writer: ({ isBulkLoad }) => new DirectoryWriter(isBulkLoad),
  longQuery: (database, request) => searchAnyhow(database, request as ResourceSearch),
};
