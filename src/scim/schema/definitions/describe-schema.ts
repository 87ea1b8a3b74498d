import type { JsonObject } from '../../json.js';
import type { AttributeDefinition, AttributeType, SchemaDefinition } from '../attribute.js';
import { schemaSchema } from './schema.js';

/** The schema as `/Schemas` shows it (RFC 7643 §7), without `meta`, which depends on the request's base URL. */
export function describeSchema(schema: SchemaDefinition): JsonObject {
  return {
    schemas: [schemaSchema.id],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes.map(describeAttribute),
  };
}

// RFC 7643 §2.2: caseExact has a meaning for text only.
const HAS_CASE: ReadonlySet<AttributeType> = new Set<AttributeType>(['string', 'reference', 'binary']);

function describeAttribute(definition: AttributeDefinition): JsonObject {
  const { type, canonicalValues, referenceTypes, subAttributes } = definition;
  return {
    name: definition.name,
    type,
    multiValued: definition.multiValued,
    description: definition.description,
    required: definition.required,
    ...(canonicalValues === undefined ? {} : { canonicalValues }),
    ...(HAS_CASE.has(type) ? { caseExact: definition.caseExact } : {}),
    mutability: definition.mutability,
    returned: definition.returned,
    ...(type === 'boolean' || type === 'complex' ? {} : { uniqueness: definition.uniqueness }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(describeAttribute) }),
  };
}
