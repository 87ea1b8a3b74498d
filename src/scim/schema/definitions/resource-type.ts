import { attribute, type SchemaDefinition } from '../attribute.js';

/** RFC 7643 §6, §8.7.2. */
export const resourceTypeSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:ResourceType',
  name: 'ResourceType',
  description: 'Specifies the schema that describes a SCIM resource type',
  attributes: [
    attribute('id', { description: "The resource type's server unique id.", mutability: 'readOnly' }),
    attribute('name', { description: 'The resource type name.', required: true, mutability: 'readOnly' }),
    attribute('description', {
      description: "The resource type's human-readable description.",
      mutability: 'readOnly',
    }),
    attribute('endpoint', {
      type: 'reference',
      referenceTypes: ['uri'],
      description: "The resource type's HTTP-addressable endpoint relative to the base URL.",
      required: true,
      mutability: 'readOnly',
    }),
    attribute('schema', {
      type: 'reference',
      referenceTypes: ['uri'],
      description: "The resource type's primary or base schema URI.",
      required: true,
      mutability: 'readOnly',
    }),
    // Printed as single-valued and required (erratum 7522); RFC 7643 §6 has it optional and multi-valued.
    attribute('schemaExtensions', {
      multiValued: true,
      description: "A list of URIs of the resource type's schema extensions.",
      mutability: 'readOnly',
      subAttributes: [
        attribute('schema', {
          type: 'reference',
          referenceTypes: ['uri'],
          description: 'The URI of a schema extension.',
          required: true,
          mutability: 'readOnly',
        }),
        attribute('required', {
          type: 'boolean',
          description:
            'A Boolean value that specifies whether the extension is required for the resource type.',
          required: true,
          mutability: 'readOnly',
        }),
      ],
    }),
  ],
};
