import { type AttributeDefinition, attribute, type SchemaDefinition } from '../attribute.js';

/** RFC 7643 §5, §8.7.2; `etag`, `authenticationSchemes.type` and `primary` are missing in the printed schema. */
export const serviceProviderConfigSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig',
  name: 'Service Provider Configuration',
  description: "Schema for representing the service provider's configuration",
  attributes: [
    link('documentationUri', "An HTTP-addressable URL pointing to the service provider's documentation."),
    feature('patch', 'PATCH'),
    feature('bulk', 'bulk', [
      limit('maxOperations', 'The maximum number of operations.'),
      limit('maxPayloadSize', 'The maximum payload size in bytes.'),
    ]),
    feature('filter', 'FILTER', [
      limit('maxResults', 'The maximum number of resources returned in a response.'),
    ]),
    feature('changePassword', 'change password'),
    feature('sort', 'sort'),
    feature('etag', 'ETag'),
    attribute('authenticationSchemes', {
      multiValued: true,
      description: 'The authentication schemes that the service provider supports.',
      required: true,
      mutability: 'readOnly',
      subAttributes: [
        attribute('type', {
          description: 'The authentication scheme.',
          required: true,
          canonicalValues: ['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest'],
          mutability: 'readOnly',
        }),
        attribute('name', {
          description: 'The common authentication scheme name, e.g., HTTP Basic.',
          required: true,
          mutability: 'readOnly',
        }),
        attribute('description', {
          description: 'A description of the authentication scheme.',
          required: true,
          mutability: 'readOnly',
        }),
        link('specUri', "An HTTP-addressable URL pointing to the authentication scheme's specification."),
        link(
          'documentationUri',
          "An HTTP-addressable URL pointing to the authentication scheme's usage documentation.",
        ),
        attribute('primary', {
          type: 'boolean',
          description: 'A Boolean value indicating the preferred authentication scheme.',
          mutability: 'readOnly',
        }),
      ],
    }),
  ],
};

function feature(
  name: string,
  label: string,
  limits: readonly AttributeDefinition[] = [],
): AttributeDefinition {
  return attribute(name, {
    description: `A complex type that specifies ${label} configuration options.`,
    required: true,
    mutability: 'readOnly',
    subAttributes: [
      attribute('supported', {
        type: 'boolean',
        description: 'A Boolean value specifying whether or not the operation is supported.',
        required: true,
        mutability: 'readOnly',
      }),
      ...limits,
    ],
  });
}

function limit(name: string, description: string): AttributeDefinition {
  return attribute(name, { type: 'integer', description, required: true, mutability: 'readOnly' });
}

function link(name: string, description: string): AttributeDefinition {
  return attribute(name, {
    type: 'reference',
    referenceTypes: ['external'],
    description,
    mutability: 'readOnly',
  });
}
