import { isEmptyObject, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import { quoted, scimErrors } from '../messages/scim-error.js';
import { assertOneSpelling, checkRequiredSubs, isMissing, parseValue } from './complex-values.js';
import type { AttributeNode, ExtensionNode, ResourceSchema } from './resource-schema.js';

/**
 * A resource without `id`, `meta` and `schemas`: canonical names, coerced values, extensions under their URN,
 * nothing unassigned, nothing that the server computes and nothing writeOnly.
 */
export type ResourceAttributes = JsonObject;

export interface ParseOptions {
  readonly leniencies: LeniencyUse;
}

/**
 * Reads the body of a POST or PUT. Whether everything required is there is told by {@link checkRequired}.
 *
 * @throws ScimError invalidSyntax for a wrong shape, invalidValue naming the attribute for a wrong value
 */
export function parseResource(
  schema: ResourceSchema,
  body: Json,
  { leniencies }: ParseOptions,
): ResourceAttributes {
  if (!isJsonObject(body)) throw scimErrors.invalidSyntax('The body must be a JSON object: a resource.');
  const out: Record<string, Json> = {};
  let hasSchemas = false;
  for (const key in body) {
    const value = body[key] ?? null;
    const node = schema.attributes.get(key);
    if (node === undefined) {
      readExtension(schema, key, value, body, out, leniencies);
      continue;
    }
    if (key !== node.definition.name) assertOneSpelling(body, key, schema.name);
    if (node.definition.name === 'schemas') {
      checkSchemas(schema, value, leniencies);
      hasSchemas = true;
    } else readAttribute(node, value, out, leniencies);
  }
  // RFC 7643 §3: `schemas` is required in every body.
  if (!hasSchemas)
    throw scimErrors.invalidSyntax(`The body has no 'schemas': expected one with ${schema.core.id}.`);
  return out;
}

/**
 * Verifies that everything required is assigned, within extensions and elements as well.
 *
 * @throws ScimError invalidValue naming the attribute
 */
export function checkRequired(schema: ResourceSchema, attributes: ResourceAttributes): void {
  checkAssigned(schema.checked, attributes);
  for (const extension of schema.extensionNodes.values()) {
    const data = attributes[extension.schema.id];
    if (isJsonObject(data)) checkAssigned(extension.checked, data);
    // RFC 7643 §6: an extension may be required as a whole.
    else if (extension.required) throw scimErrors.required(extension.schema.id);
  }
}

function checkAssigned(nodes: readonly AttributeNode[], data: JsonObject): void {
  for (const node of nodes) {
    const value = data[node.definition.name];
    if (isMissing(value)) {
      if (node.definition.required) throw scimErrors.required(node.path.path);
    } else if (isJsonArray(value)) {
      for (const element of value) checkRequiredSubs(node, element);
    } else checkRequiredSubs(node, value);
  }
}

function readAttribute(
  node: AttributeNode,
  value: Json,
  out: Record<string, Json>,
  leniencies: LeniencyUse,
): void {
  const { mutability, name } = node.definition;
  // RFC 7644 §3.3, §3.5.1: readOnly values are ignored.
  if (mutability === 'readOnly') return;
  const parsed = parseValue(node, value, leniencies);
  // A password is checked and goes no further: nothing here stores secrets of users.
  if (parsed !== undefined && mutability !== 'writeOnly') out[name] = parsed;
}

/** A member that is no core attribute: an extension, an attribute of one named without URN, or unknown. */
function readExtension(
  schema: ResourceSchema,
  key: string,
  value: Json,
  body: JsonObject,
  out: Record<string, Json>,
  leniencies: LeniencyUse,
): void {
  if (value === null) return;
  const extension = schema.extension(key);
  if (extension !== undefined) {
    const urn = extension.schema.id;
    if (key !== urn) assertOneSpelling(body, key, schema.name);
    const own = parseExtension(extension, value, leniencies);
    const data = { ...dataOf(out, urn), ...own };
    if (!isEmptyObject(data)) out[urn] = data;
    return;
  }
  // Unknown attributes are ignored (RFC 7644 §3.3 lets a server ignore what it does not know).
  if (!key.includes('.') && !key.includes(':'))
    readBareExtensionAttribute(schema, key, value, out, leniencies);
}

/** Entra puts `department` and `manager` at the top level; the extension's own member wins over it. */
function readBareExtensionAttribute(
  schema: ResourceSchema,
  key: string,
  value: Json,
  out: Record<string, Json>,
  leniencies: LeniencyUse,
): void {
  const node = schema.bareExtensionNode(key, leniencies);
  if (node?.path.urn === undefined) return;
  const { urn } = node.path;
  const data: Record<string, Json> = {};
  readAttribute(node, value, data, leniencies);
  if (!isEmptyObject(data)) out[urn] = { ...data, ...dataOf(out, urn) };
}

function dataOf(out: JsonObject, urn: string): JsonObject {
  const data = out[urn];
  return isJsonObject(data) ? data : {};
}

/** The data of an extension: the object under its URN. */
export function parseExtension(extension: ExtensionNode, value: Json, leniencies: LeniencyUse): JsonObject {
  const urn = extension.schema.id;
  if (!isJsonObject(value)) throw scimErrors.invalidValue(urn, 'an object of its attributes');
  const data: Record<string, Json> = {};
  for (const key in value) {
    const node = extension.attributes.get(key);
    if (node === undefined) continue;
    if (key !== node.definition.name) assertOneSpelling(value, key, urn);
    readAttribute(node, value[key] ?? null, data, leniencies);
  }
  return data;
}

/** RFC 7643 §3: non-empty, no duplicates, the base schema, and nothing the resource type does not name. */
function checkSchemas(schema: ResourceSchema, value: Json, leniencies: LeniencyUse): void {
  if (!isJsonArray(value) || value.length === 0) {
    throw scimErrors.invalidSyntax(`'schemas' must be a non-empty array of URNs with ${schema.core.id}.`);
  }
  const seen = new Set<string>();
  for (const urn of value) {
    if (typeof urn !== 'string') throw scimErrors.invalidSyntax("'schemas' must hold URNs as strings.");
    const folded = urn.toLowerCase();
    if (seen.has(folded)) throw scimErrors.invalidSyntax(`'schemas' names ${quoted(urn)} twice.`);
    seen.add(folded);
    if (schema.isCoreUrn(urn) || schema.extension(urn) !== undefined) continue;
    if (!leniencies.allows('unknownSchemaUrn')) {
      throw scimErrors.invalidSyntax(
        `'schemas' names ${quoted(urn)}: a ${schema.name} has ${schema.schemas.map(({ id }) => id).join(', ')}.`,
      );
    }
  }
  if (!seen.has(schema.core.id.toLowerCase())) {
    throw scimErrors.invalidSyntax(`'schemas' must contain ${schema.core.id}.`);
  }
}
