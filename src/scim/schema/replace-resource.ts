import { deepEqual, isJsonObject, type Json } from '../json.js';
import { scimErrors } from '../messages/scim-error.js';
import type { ResourceAttributes } from './parse-resource.js';
import type { AttributeNode, ResourceSchema } from './resource-schema.js';

/**
 * What a PUT makes of a resource (RFC 7644 §3.5.1): what the body leaves out is cleared, except for immutable
 * values, which stay.
 *
 * @param body as `parseResource` gives it
 * @throws ScimError mutability when an immutable value would change
 */
export function replaceResource(
  schema: ResourceSchema,
  current: ResourceAttributes,
  body: ResourceAttributes,
): ResourceAttributes {
  let result = keepImmutable(schema.attributes.values(), current, body);
  for (const { schema: extension, attributes } of schema.extensionNodes.values()) {
    const before = current[extension.id];
    if (!isJsonObject(before)) continue;
    const given = result[extension.id];
    const after = isJsonObject(given) ? given : {};
    const kept = keepImmutable(attributes.values(), before, after);
    if (kept !== after) result = { ...result, [extension.id]: kept };
  }
  return result;
}

function keepImmutable(
  nodes: Iterable<AttributeNode>,
  before: ResourceAttributes,
  after: ResourceAttributes,
): ResourceAttributes {
  const kept: Record<string, Json> = {};
  for (const { definition, path } of nodes) {
    const value = before[definition.name];
    if (definition.mutability !== 'immutable' || value === undefined) continue;
    const given = after[definition.name];
    if (given === undefined) kept[definition.name] = value;
    else if (!deepEqual(given, value))
      throw scimErrors.mutability(path.path, 'it is immutable and has a value');
  }
  return Object.keys(kept).length === 0 ? after : { ...after, ...kept };
}
