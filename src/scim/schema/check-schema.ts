import type { AttributeDefinition, SchemaDefinition } from './attribute.js';
import { isAttributeName } from './notation.js';

/**
 * Verifies that a schema definition is one this server can work with. Called when schemas are compiled, so a
 * faulty custom schema stops the start and not a request.
 *
 * @throws Error that names schema, attribute and rule
 */
export function checkSchema(schema: SchemaDefinition): void {
  if (!/^urn:[a-z0-9][a-z0-9-]*:\S+$/iu.test(schema.id)) {
    throw new Error(
      `Schema id '${schema.id}' must be a URN such as urn:ietf:params:scim:schemas:extension:acme:2.0:User`,
    );
  }
  checkNames(schema.id, schema.attributes);
  for (const definition of schema.attributes) checkAttribute(schema.id, definition);
}

/** RFC 7643 §3.3: an extension does not redefine attributes of the core schema it extends. */
export function checkExtension(extension: SchemaDefinition, core: SchemaDefinition): void {
  if (extension.id.toLowerCase() === core.id.toLowerCase()) {
    throw new Error(`Extension '${extension.id}' has the URN of the core schema it extends`);
  }
}

function checkNames(where: string, attributes: readonly AttributeDefinition[]): void {
  const seen = new Set<string>();
  for (const { name } of attributes) {
    if (!isAttributeName(name)) {
      throw new Error(
        `${where}: attribute name '${name}' must be a letter followed by letters, digits, - _ or $`,
      );
    }
    // Resources are plain objects: such a name would read what every object inherits.
    if (name in Object.prototype) throw new Error(`${where}: attribute name '${name}' is reserved`);
    if (seen.has(name.toLowerCase())) {
      throw new Error(`${where}: attribute name '${name}' occurs twice; names are case-insensitive`);
    }
    seen.add(name.toLowerCase());
  }
}

function checkAttribute(where: string, definition: AttributeDefinition): void {
  const path = `${where}:${definition.name}`;
  const subAttributes = definition.subAttributes ?? [];
  if ((definition.type === 'complex') !== subAttributes.length > 0) {
    throw new Error(`${path}: exactly the attributes of type complex have subAttributes`);
  }
  if (definition.mutability === 'writeOnly' && definition.returned !== 'never') {
    throw new Error(`${path}: a writeOnly attribute has returned never (RFC 7643 §7)`);
  }
  checkNames(path, subAttributes);
  for (const sub of subAttributes) {
    // RFC 7643 §2.3.8: complex attributes do not nest.
    if (sub.type === 'complex') throw new Error(`${path}.${sub.name}: a sub-attribute cannot be complex`);
  }
}
