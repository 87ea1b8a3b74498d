import { deepEqual, isJsonObject, type Json, type JsonObject } from '../scim/json.js';
import type { AttributeDefinition } from '../scim/schema/attribute.js';
import type { AttributeChange } from './events.js';
import type { ResourceAttributes, ResourceType } from './resource-type.js';

/**
 * What changed between two states of a resource: one change for each simple or multi-valued attribute, and for each
 * sub-attribute of a single complex one. Order follows the schema, so equal inputs give equal events.
 */
export function diffAttributes(
  type: ResourceType,
  before: ResourceAttributes,
  after: ResourceAttributes,
): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  compare(changes, '', 'externalId', before['externalId'], after['externalId'], undefined);
  compareAll(changes, '', type.schema.core.attributes, before, after);
  for (const { schema } of type.schema.extensions) {
    const [was, is] = [asObject(before[schema.id]), asObject(after[schema.id])];
    if (was !== is) compareAll(changes, `${schema.id}:`, schema.attributes, was, is);
  }
  return changes;
}

/** The attributes of a resource that has none. */
export const NO_ATTRIBUTES: JsonObject = {};

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : NO_ATTRIBUTES;
}

function compareAll(
  changes: AttributeChange[],
  prefix: string,
  definitions: readonly AttributeDefinition[],
  before: JsonObject,
  after: JsonObject,
): void {
  for (const definition of definitions) {
    const [was, is] = [before[definition.name], after[definition.name]];
    compare(changes, prefix, definition.name, was, is, definition);
  }
}

function compare(
  changes: AttributeChange[],
  prefix: string,
  name: string,
  was: Json | undefined,
  is: Json | undefined,
  definition: AttributeDefinition | undefined,
): void {
  if (was === is) return;
  if (definition?.type === 'complex' && !definition.multiValued) {
    compareAll(changes, `${prefix}${name}.`, definition.subAttributes ?? [], asObject(was), asObject(is));
  } else if (was === undefined || is === undefined || !deepEqual(was, is)) {
    changes.push({
      path: prefix + name,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    });
  }
}
