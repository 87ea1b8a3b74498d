import type { JsonObject } from '../scim/json.js';
import type { ResourceAttributes, ResourceType } from '../resources/resource-type.js';

/**
 * The attributes with the type's defaults for those the body leaves out. An explicit `null` is not left out: it
 * unassigns (RFC 7644 §3.3, POS-11).
 */
export function withDefaults(
  type: ResourceType,
  attributes: ResourceAttributes,
  body: JsonObject,
): ResourceAttributes {
  const missing = Object.entries(type.defaults).filter(
    ([name]) => attributes[name] === undefined && !isNamed(body, name),
  );
  return missing.length === 0 ? attributes : { ...attributes, ...Object.fromEntries(missing) };
}

function isNamed(body: JsonObject, name: string): boolean {
  const folded = name.toLowerCase();
  return Object.keys(body).some((key) => key.toLowerCase() === folded);
}
