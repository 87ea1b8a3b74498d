// The rows of the directory that follow from one event.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import type { IndexedValue } from '../../read-model/documents.js';
import type { Script } from '../../read-model/script.js';
import { resourceTypeNamed, resourceTypeOfCategory } from '../../resources/registry.js';
import { projectMemberships, type MembershipTables } from './memberships/memberships.projection.js';
import { indexedValues } from './resources/indexed-values.js';
import { projectResource, stateOf } from './resources/resources.projection.js';
import { projectTenant } from './tenants/tenants.projection.js';
import { projectToken } from './tokens/tokens.projection.js';

export function* projectDirectory(tables: MembershipTables, event: LedgerEvent): Script<void> {
  const stream = parseStreamName(event.stream);
  if (!stream) return;
  if (stream.category === 'tenant') yield* projectTenant(event);
  else if (stream.category === 'token') yield* projectToken(stream.tenant, event);
  else {
    const type = resourceTypeOfCategory(stream.category);
    const resource = type && (yield* projectResource(tables.documents, type, stream, event));
    if (resource) yield* projectMemberships(tables, type, stream.tenant, resource, event);
  }
}

/** The values that a stored resource is indexed by. */
export function storedValues(typeName: string, body: string): readonly IndexedValue[] {
  const type = resourceTypeNamed(typeName);
  return type ? indexedValues(type, stateOf({ body })) : [];
}
