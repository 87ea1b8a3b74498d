import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import type { SortOrder } from '../messages/list-query.js';
import { scimErrors } from '../messages/scim-error.js';
import { isPrimary } from '../schema/elements.js';
import { comparableKey, compareCodePoints } from '../schema/fold.js';
import type { AttributePath, ResourceSchema } from '../schema/resource-schema.js';

/** A `sortBy` whose attribute is resolved. */
export interface BoundSort {
  readonly path: AttributePath;
}

/**
 * @throws ScimError invalidValue when the attribute is unknown, complex without `value`, binary or secret
 */
export function bindSort(sortBy: string, schema: ResourceSchema, leniencies?: LeniencyUse): BoundSort {
  const named = schema.node(sortBy, leniencies);
  const node = named?.definition.type === 'complex' ? named.subs.get('value') : named;
  const isSortable =
    node !== undefined &&
    node.definition.type !== 'binary' &&
    node.definition.returned !== 'never' &&
    node.path.attribute.returned !== 'never';
  if (!isSortable)
    throw scimErrors.invalidValue('sortBy', 'a simple attribute or sub-attribute, such as userName');
  return { path: node.path };
}

/** The key by which a resource sorts: of a multi-valued attribute the primary element's, else the first's. */
export function sortKey({ path }: BoundSort, resource: JsonObject): string | undefined {
  const container = path.urn === undefined ? resource : resource[path.urn];
  const value = isJsonObject(container) ? container[path.attribute.name] : undefined;
  // RFC 7644 §3.4.2.3: the primary value, or else the first one.
  const element = isJsonArray(value) ? (value.find(isPrimary) ?? value[0]) : value;
  const simple = firstOf(
    path.sub === undefined ? element : isJsonObject(element) ? element[path.sub.name] : undefined,
  );
  if (simple === undefined || simple === null || typeof simple === 'object') return undefined;
  return comparableKey(path.sub ?? path.attribute, simple);
}

/** RFC 7644 §3.4.2.3: resources without the value come last ascending and first descending. */
export function compareSortKeys(a: string | undefined, b: string | undefined, order: SortOrder): number {
  const ascending = a === undefined || b === undefined ? missingLast(a, b) : compareCodePoints(a, b);
  return order === 'ascending' ? ascending : -ascending;
}

function missingLast(a: string | undefined, b: string | undefined): number {
  return Number(a === undefined) - Number(b === undefined);
}

function firstOf(value: Json | undefined): Json | undefined {
  return isJsonArray(value) ? value[0] : value;
}
