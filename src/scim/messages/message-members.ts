import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import { scimErrors } from './scim-error.js';

/** A member of a message in any letter case; names of message attributes are case-insensitive as well. */
export function member(message: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(message, name)) return message[name];
  const folded = name.toLowerCase();
  for (const key in message) if (key.toLowerCase() === folded) return message[key];
  return undefined;
}

/**
 * The body as a message of the given kind (RFC 7644 §3.1: a message carries its own URN).
 *
 * @throws ScimError invalidSyntax
 */
export function messageOf(body: Json | undefined, urn: string): JsonObject {
  if (!isJsonObject(body))
    throw scimErrors.invalidSyntax(`The body must be a JSON object: a message ${urn}.`);
  const schemas = member(body, 'schemas');
  const isOfKind =
    isJsonArray(schemas) &&
    schemas.some((schema) => typeof schema === 'string' && schema.toLowerCase() === urn.toLowerCase());
  if (!isOfKind) throw scimErrors.invalidSyntax(`'schemas' of the message must contain ${urn}.`);
  return body;
}
