// Elements of multi-valued attributes: when two are the same one, and which is primary.
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { scimErrors } from '../messages/scim-error.js';
import { comparableKey } from './fold.js';
import type { AttributeNode } from './resource-schema.js';

/** Equal for elements that are the same one (RFC 7643 §2.4: the same type and value). */
export function elementKey(node: AttributeNode, element: Json): string {
  if (!isJsonObject(element)) return comparableKey(node.definition, element);
  if (node.identity === 'whole' || element['value'] === undefined) return wholeKey(node, element);
  const value = subKey(node, element, 'value');
  return node.identity === 'value' ? value : `${subKey(node, element, 'type')}\u0000${value}`;
}

/** The comparable text of one sub-attribute of an element; empty when unassigned. */
export function subKey(node: AttributeNode, element: JsonObject, name: string): string {
  const value = element[name];
  const sub = node.subs.get(name);
  return value === undefined || sub === undefined ? '' : comparableKey(sub.definition, value);
}

function wholeKey(node: AttributeNode, element: JsonObject): string {
  return JSON.stringify([...node.subs.values()].map(({ definition }) => element[definition.name] ?? null));
}

export function isPrimary(element: Json): boolean {
  return isJsonObject(element) && element['primary'] === true;
}

/** RFC 7643 §2.4: a (type, value) pair is returned once, and at most one element is primary. */
export function normaliseElements(node: AttributeNode, elements: readonly Json[]): readonly Json[] {
  if (elements.length < 2) return elements;
  const collapsed = collapse(node, elements);
  let primaries = 0;
  for (const element of collapsed) if (isPrimary(element)) primaries++;
  if (primaries > 1) {
    throw scimErrors.invalidValue(`${node.path.path}.primary`, 'true on at most one element');
  }
  return collapsed;
}

function collapse(node: AttributeNode, elements: readonly Json[]): readonly Json[] {
  const byKey = new Map<string, Json>();
  for (const element of elements) {
    const key = elementKey(node, element);
    const first = byKey.get(key);
    byKey.set(key, first === undefined ? element : mergeSame(first, element));
  }
  return byKey.size === elements.length ? elements : [...byKey.values()];
}

function mergeSame(first: Json, later: Json): Json {
  if (!isJsonObject(first) || !isJsonObject(later)) return first;
  return { ...later, ...first, ...(isPrimary(later) ? { primary: true } : {}) };
}
