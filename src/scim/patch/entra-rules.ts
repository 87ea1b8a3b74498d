// What Entra ID sends in a PATCH beyond the RFC. Each rule is on only where its leniency is.
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import type { BoundFilter } from '../filter/bound-filter.js';
import { evaluateElement } from '../filter/evaluate.js';
import type { PatchOperator } from '../messages/patch-op.js';
import { scimErrors } from '../messages/scim-error.js';
import type { AttributeTarget } from './path.js';

/**
 * `remove` with a value names the elements to remove. By the RFC the value has no meaning and everything goes;
 * taken so, a legacy Entra request would empty a whole group.
 *
 * @returns the elements named, or undefined when everything is to be removed
 */
export function elementsToRemove(
  value: Json | undefined,
  leniencies: LeniencyUse,
): readonly Json[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!leniencies.allows('removeMembersByValue')) return undefined;
  return isJsonArray(value) ? value : [value];
}

/**
 * `add` and `replace` through a filter that matches nothing: Entra expects the element that the filter
 * describes. Only equalities joined by `and` describe one.
 *
 * @returns the element to which the operation then applies; the value itself for simple elements
 * @throws ScimError noTarget where the leniency is off or the filter describes no element
 */
export function elementDescribedBy(
  op: PatchOperator,
  { text, filter }: AttributeTarget,
  leniencies: LeniencyUse,
): JsonObject {
  const element = filter === undefined ? {} : describedElement(filter);
  const isDescribed = element !== undefined && (filter === undefined || evaluateElement(filter, element));
  const leniency = op === 'add' ? 'createOnAddWithoutMatch' : 'createOnReplaceWithoutMatch';
  if (!isDescribed || !leniencies.allows(leniency)) {
    throw scimErrors.noTarget(text, 'no element satisfies the filter');
  }
  return element;
}

function describedElement(filter: BoundFilter): JsonObject | undefined {
  const element: Record<string, Json> = {};
  for (const term of filter.type === 'and' ? filter.terms : [filter]) {
    const part = term.type === 'and' ? describedElement(term) : equality(term);
    if (part === undefined) return undefined;
    Object.assign(element, part);
  }
  return element;
}

function equality(term: BoundFilter): JsonObject | undefined {
  if (term.type !== 'compare' || term.op !== 'eq' || term.path.sub === undefined) return undefined;
  return { [term.path.sub.name]: term.value };
}

/**
 * Whether a key of a value without path is a path by itself, such as `name.givenName`, `URN:department` or
 * `emails[type eq "work"].value`, which Entra sends in its compliant dialect.
 */
export function isPathKey(key: string): boolean {
  return key.includes('.') || key.includes(':') || key.includes('[');
}

/** Entra may clear an extension or a list with an empty string. */
export function isUnassigning(value: Json, leniencies: LeniencyUse): boolean {
  if (value === null || (isJsonArray(value) && value.length === 0)) return true;
  return value === '' && leniencies.allows('emptyStringUnassigns');
}

/** An element of which a removal has left nothing but its label. */
export function isResidue(element: Json): boolean {
  return isJsonObject(element) && Object.keys(element).every((name) => name === 'type' || name === 'primary');
}
