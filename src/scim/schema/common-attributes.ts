import { attribute, MAX_NAME_LENGTH } from './attribute.js';

/** RFC 7643 §3.1: attributes of every resource, which belong to no schema and are not listed in `/Schemas`. */
export const COMMON_ATTRIBUTES = [
  attribute('schemas', {
    description: 'The URNs of the schemas of which the resource has attributes.',
    multiValued: true,
    required: true,
    returned: 'always',
  }),
  attribute('id', {
    description: 'Identifier that the service provider gives to the resource.',
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'server',
  }),
  attribute('externalId', {
    description: 'Identifier that the provisioning client gives to the resource.',
    caseExact: true,
    maxLength: MAX_NAME_LENGTH,
  }),
  attribute('meta', {
    description: 'Metadata of the resource.',
    mutability: 'readOnly',
    subAttributes: [
      attribute('resourceType', { caseExact: true, mutability: 'readOnly' }),
      attribute('created', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('lastModified', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('location', { type: 'reference', referenceTypes: ['uri'], mutability: 'readOnly' }),
      attribute('version', { caseExact: true, mutability: 'readOnly' }),
    ],
  }),
] as const;
