// The documents of RFC 7644 §4: what works is said, and only what works.
import { RESOURCE_TYPES } from '../../resources/registry.js';
import type { ResourceType } from '../../resources/resource-type.js';
import type { JsonObject } from '../../scim/json.js';
import type { SchemaDefinition } from '../../scim/schema/attribute.js';
import { describeSchema } from '../../scim/schema/definitions/describe-schema.js';
import { resourceTypeSchema } from '../../scim/schema/definitions/resource-type.js';
import { schemaSchema } from '../../scim/schema/definitions/schema.js';
import { serviceProviderConfigSchema } from '../../scim/schema/definitions/service-provider-config.js';
import { MAX_RESULTS } from './scim-search.js';

export const SERVICE_PROVIDER_CONFIG: JsonObject = {
  schemas: [serviceProviderConfigSchema.id],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_RESULTS },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'OAuth Bearer Token',
      description: 'A secret token in the Authorization header',
      specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
      primary: true,
    },
  ],
};

const resourceSchemas = RESOURCE_TYPES.flatMap(({ schema }) => schema.schemas);

/** Every schema that resources and discovery documents are made of. */
export const SCHEMAS: readonly SchemaDefinition[] = [
  ...new Set([...resourceSchemas, serviceProviderConfigSchema, resourceTypeSchema, schemaSchema]),
];

export function schemaDocument(schema: SchemaDefinition, baseUrl: string): JsonObject {
  return {
    ...describeSchema(schema),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  };
}

export function resourceTypeDocument(type: ResourceType, baseUrl: string): JsonObject {
  return {
    schemas: [resourceTypeSchema.id],
    id: type.name,
    name: type.name,
    endpoint: `/${type.endpoint}`,
    description: type.description,
    schema: type.schema.core.id,
    schemaExtensions: type.schema.extensions.map(({ schema, required }) => ({ schema: schema.id, required })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}
