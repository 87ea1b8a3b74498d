import { type AttributeDefinition, attribute, type SchemaDefinition } from '../attribute.js';

const TYPES = ['string', 'complex', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference'];

function characteristics(): AttributeDefinition[] {
  return [
    readOnly('name', { description: "The attribute's name.", required: true, caseExact: true }),
    // RFC 7643 §8.7.2 forgets `binary` (errata 5606, 8415).
    readOnly('type', { description: "The attribute's data type.", required: true, canonicalValues: TYPES }),
    readOnly('multiValued', {
      type: 'boolean',
      description: "A Boolean value indicating the attribute's plurality.",
      required: true,
    }),
    readOnly('description', {
      description: 'A human-readable description of the attribute.',
      caseExact: true,
    }),
    readOnly('required', {
      type: 'boolean',
      description: 'A Boolean value indicating whether the attribute is required.',
    }),
    readOnly('canonicalValues', {
      multiValued: true,
      description: 'Suggested canonical values that may be used.',
      caseExact: true,
    }),
    readOnly('caseExact', {
      type: 'boolean',
      description: 'A Boolean value indicating whether a string attribute is case sensitive.',
    }),
    readOnly('mutability', {
      description: 'Indicates when a value can be changed.',
      caseExact: true,
      canonicalValues: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
    }),
    readOnly('returned', {
      description: 'Indicates when the attribute is returned in a response.',
      caseExact: true,
      canonicalValues: ['always', 'never', 'default', 'request'],
    }),
    readOnly('uniqueness', {
      description: 'Indicates how unique a value must be.',
      caseExact: true,
      canonicalValues: ['none', 'server', 'global'],
    }),
    readOnly('referenceTypes', {
      multiValued: true,
      description: 'The names of the resource types that may be referenced, or external or uri.',
      caseExact: true,
    }),
  ];
}

/** RFC 7643 §7, §8.7.2. The one schema whose complex attributes nest. */
export const schemaSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Schema',
  name: 'Schema',
  description: 'Specifies the schema that describes a SCIM schema',
  attributes: [
    readOnly('id', { description: 'The unique URI of the schema.', required: true }),
    readOnly('name', { description: "The schema's human-readable name.", required: true, caseExact: true }),
    readOnly('description', { description: "The schema's human-readable description.", caseExact: true }),
    readOnly('attributes', {
      multiValued: true,
      description: 'A complex attribute that includes the attributes of a schema.',
      required: true,
      subAttributes: [
        ...characteristics(),
        readOnly('subAttributes', {
          multiValued: true,
          description: 'Used to define the sub-attributes of a complex attribute.',
          subAttributes: characteristics(),
        }),
      ],
    }),
  ],
};

function readOnly(
  name: string,
  partial: Partial<Omit<AttributeDefinition, 'name' | 'mutability'>>,
): AttributeDefinition {
  return attribute(name, { ...partial, mutability: 'readOnly' });
}
