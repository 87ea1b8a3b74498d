// What filters mean. Any other way of finding resources must agree with this one.
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import { comparableKey, compareCodePoints } from '../schema/fold.js';
import type { AttributePath } from '../schema/resource-schema.js';
import type { CompareOperator } from './ast.js';
import type { BoundCompare, BoundFilter, BoundValuePath } from './bound-filter.js';

/** Whether a resource, in the form in which it is returned, satisfies the filter. Never throws. */
export function evaluate(filter: BoundFilter, resource: JsonObject): boolean {
  return holds(filter, (path) => valueAt(resource, path));
}

/** Whether one element of a multi-valued attribute satisfies the inner filter of a value path. */
export function evaluateElement(filter: BoundFilter, element: Json): boolean {
  return holds(filter, ({ sub }) =>
    sub === undefined ? element : isJsonObject(element) ? element[sub.name] : undefined,
  );
}

type Lookup = (path: AttributePath) => Json | undefined;

function holds(filter: BoundFilter, lookup: Lookup): boolean {
  switch (filter.type) {
    case 'and':
      return filter.terms.every((term) => holds(term, lookup));
    case 'or':
      return filter.terms.some((term) => holds(term, lookup));
    case 'not':
      return !holds(filter.term, lookup);
    case 'compare':
      return compares(filter, lookup(filter.path));
    case 'present':
      return isPresent(lookup(filter.path));
    case 'valuePath':
      return someElementHolds(filter, lookup(filter.path));
    case 'constant':
      return filter.value;
    default:
      return filter satisfies never;
  }
}

function someElementHolds({ filter }: BoundValuePath, value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  return isJsonArray(value)
    ? value.some((element) => evaluateElement(filter, element))
    : evaluateElement(filter, value);
}

/**
 * The value at a path. For a sub-attribute of a multi-valued attribute: one entry for each element, null where
 * the element lacks it.
 */
function valueAt(resource: JsonObject, { urn, attribute, sub }: AttributePath): Json | undefined {
  const container = urn === undefined ? resource : resource[urn];
  const value = isJsonObject(container) ? container[attribute.name] : undefined;
  if (sub === undefined || value === undefined) return value;
  if (isJsonArray(value))
    return value.map((element) => (isJsonObject(element) ? (element[sub.name] ?? null) : null));
  return isJsonObject(value) ? value[sub.name] : undefined;
}

/** RFC 7644 §3.4.2.2: any value of a multi-valued attribute may match. Without any value only `ne` is true. */
function compares(filter: BoundCompare, value: Json | undefined): boolean {
  if (value === undefined || value === null) return filter.op === 'ne';
  if (isJsonArray(value)) {
    return value.length === 0 ? filter.op === 'ne' : value.some((element) => compares(filter, element));
  }
  if (isJsonObject(value)) return false;
  const definition = filter.path.sub ?? filter.path.attribute;
  return keysCompare(filter.op, comparableKey(definition, value), filter.key);
}

/** Compares two keys made by `comparableKey` for one attribute. */
export function keysCompare(op: CompareOperator, left: string, right: string): boolean {
  switch (op) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'co':
      return left.includes(right);
    case 'sw':
      return left.startsWith(right);
    case 'ew':
      return left.endsWith(right);
    case 'gt':
      return compareCodePoints(left, right) > 0;
    case 'ge':
      return compareCodePoints(left, right) >= 0;
    case 'lt':
      return compareCodePoints(left, right) < 0;
    case 'le':
      return compareCodePoints(left, right) <= 0;
    default:
      return op satisfies never;
  }
}

function isPresent(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (isJsonArray(value)) return value.some(isPresent);
  if (isJsonObject(value)) return Object.keys(value).some((name) => isPresent(value[name]));
  return true;
}
