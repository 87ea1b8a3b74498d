import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import { scimErrors } from '../messages/scim-error.js';
import { normaliseElements } from './elements.js';
import { referenceShape, roleShape } from './entra-shapes.js';
import type { AttributeNode } from './resource-schema.js';
import { parseSimple, wrongType } from './simple-values.js';

/**
 * A value of any attribute as it is stored, or undefined when it unassigns the attribute.
 *
 * @throws ScimError invalidValue, invalidSyntax
 */
export function parseValue(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json | undefined {
  if (node.definition.multiValued) return parseElements(node, value, leniencies);
  return parseElement(node, value, leniencies);
}

/** One element of a multi-valued attribute, or the whole value of a single-valued one. */
export function parseElement(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json | undefined {
  if (node.definition.type !== 'complex') return parseSimple(node, value, leniencies);
  const parsed = parseComplex(node, value, leniencies);
  // An element stands or falls as a whole; a single value may still be completed by later operations.
  if (node.definition.multiValued && node.requiredSubs.length > 0) {
    // Nothing at all is unassigned, but something without what is required is a mistake.
    checkRequiredSubs(node, parsed ?? (saysSomething(value) ? {} : null));
  }
  return parsed;
}

function parseElements(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json | undefined {
  if (value === null) return undefined;
  if (!isJsonArray(value)) throw scimErrors.invalidValue(node.path.path, 'an array');
  const elements: Json[] = [];
  for (const element of value) {
    const parsed = parseElement(node, element, leniencies);
    if (parsed !== undefined) elements.push(parsed);
  }
  return elements.length === 0 ? undefined : normaliseElements(node, elements);
}

/**
 * A complex value with canonical names. Sub-attributes that are unknown or readOnly are left out (RFC 7644 §3.3).
 *
 * @param unassigned receives the names of sub-attributes that the value unassigns
 */
export function parseComplex(
  node: AttributeNode,
  raw: Json,
  leniencies: LeniencyUse,
  unassigned?: string[],
): JsonObject | undefined {
  const value = shaped(node, raw, leniencies);
  if (value === null) return undefined;
  if (!isJsonObject(value)) throw wrongType(node);
  const parsed: Record<string, Json> = {};
  let isAssigned = false;
  for (const key in value) {
    const sub = node.subs.get(key);
    if (sub === undefined || sub.definition.mutability === 'readOnly') continue;
    const { name } = sub.definition;
    if (key !== name) assertOneSpelling(value, key, node.path.path);
    const simple = parseValue(sub, value[key] ?? null, leniencies);
    if (simple === undefined) unassigned?.push(name);
    else {
      parsed[name] = simple;
      isAssigned = true;
    }
  }
  if (!isAssigned) return undefined;
  return node.isReference ? withoutRef(parsed) : parsed;
}

function shaped(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json {
  if (node.isReference) return referenceShape(node, value, leniencies);
  return node.definition.multiValued ? roleShape(node, value, leniencies) : value;
}

/**
 * `$ref` follows from `value` and is rendered by the server, so that it cannot contradict it. It serves as input
 * where `value` is missing: the last segment of the URI is the id, whatever API version stands before it
 * (RFC 7643 §2.4).
 */
function withoutRef(reference: Record<string, Json>): JsonObject {
  const { $ref: uri, ...rest } = reference;
  if (typeof uri !== 'string' || rest['value'] !== undefined) return rest;
  return { ...rest, value: uri.slice(uri.lastIndexOf('/') + 1) };
}

function saysSomething(value: Json): boolean {
  return isJsonObject(value) && Object.values(value).some((member) => member !== null);
}

/** @throws ScimError invalidValue when a required sub-attribute is missing */
export function checkRequiredSubs(node: AttributeNode, element: Json): void {
  if (!isJsonObject(element)) return;
  for (const sub of node.requiredSubs) {
    if (isMissing(element[sub.definition.name])) throw scimErrors.required(sub.path.path);
  }
}

/** What does not count as a value where one is required (RFC 7643 §2.2). */
export function isMissing(value: Json | undefined): value is undefined | '' {
  return value === undefined || value === '';
}

/** Names that differ in letter case only are one name (RFC 7643 §2.1); two values for it are contradictory. */
export function assertOneSpelling(value: JsonObject, key: string, where: string): void {
  const folded = key.toLowerCase();
  for (const other in value) {
    if (other !== key && other.toLowerCase() === folded) {
      throw scimErrors.invalidSyntax(`'${where}' has the member '${key}' twice, in different letter case.`);
    }
  }
}
