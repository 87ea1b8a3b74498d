// Value shapes that Entra ID sends in place of those of the schema.
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import type { AttributeNode } from './resource-schema.js';

/**
 * A reference as Entra sends it: the id as a string, or (for a single-valued attribute) an array of one
 * element. An empty string means no reference. Other shapes come back as they are.
 */
export function referenceShape(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json {
  if (typeof value === 'string') {
    if (!leniencies.allows('referenceShapes')) return value;
    return value === '' ? null : { value };
  }
  if (node.definition.multiValued || !isJsonArray(value) || value.length > 1) return value;
  if (!leniencies.allows('referenceShapes')) return value;
  const [only = null] = value;
  return typeof only === 'string' ? referenceShape(node, only, leniencies) : only;
}

/** A role as Entra sends it: `displayName` for `display`, or the whole element as JSON text in `value`. */
export function roleShape(node: AttributeNode, element: Json, leniencies: LeniencyUse): Json {
  if (node.definition.name !== 'roles' || !isJsonObject(element)) return element;
  return displayNameAsDisplay(roleDocument(element, leniencies), leniencies);
}

function roleDocument(element: JsonObject, leniencies: LeniencyUse): JsonObject {
  const text = element['value'];
  if (typeof text !== 'string' || !text.startsWith('{')) return element;
  const document = parseObject(text);
  if (typeof document?.['value'] !== 'string' || !leniencies.allows('roleDocumentInString')) return element;
  const { value: _text, ...rest } = element;
  return { ...rest, ...document };
}

function displayNameAsDisplay(element: JsonObject, leniencies: LeniencyUse): JsonObject {
  const name = element['displayName'];
  if (typeof name !== 'string' || Object.hasOwn(element, 'display')) return element;
  return leniencies.allows('displayNameAsDisplay') ? { ...element, display: name } : element;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    // Only strings and booleans of known names are read from it, so hostile keys and depth do no harm.
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
