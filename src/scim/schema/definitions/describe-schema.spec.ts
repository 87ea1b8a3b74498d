import { describe, expect, it } from '@jest/globals';
import { groupSchema } from '../../../resources/group/group.schema.js';
import { enterpriseUserSchema, userSchema } from '../../../resources/user/user.schema.js';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../json.js';
import { checkSchema } from '../check-schema.js';
import { describeSchema } from './describe-schema.js';
import { resourceTypeSchema } from './resource-type.js';
import { schemaSchema } from './schema.js';
import { serviceProviderConfigSchema } from './service-provider-config.js';

const all = [
  userSchema,
  enterpriseUserSchema,
  groupSchema,
  schemaSchema,
  resourceTypeSchema,
  serviceProviderConfigSchema,
];

function attributesOf(description: JsonObject | undefined, member: string): JsonObject[] {
  const list: Json = description?.[member] ?? [];
  return isJsonArray(list) ? list.filter(isJsonObject) : [];
}

function every(description: JsonObject): JsonObject[] {
  const top = attributesOf(description, 'attributes');
  return [...top, ...top.flatMap((attribute) => attributesOf(attribute, 'subAttributes'))];
}

function find(description: JsonObject, path: string): JsonObject | undefined {
  const [name, sub] = path.split('.');
  const top = attributesOf(description, 'attributes').find((candidate) => candidate['name'] === name);
  if (sub === undefined) return top;
  return attributesOf(top, 'subAttributes').find((candidate) => candidate['name'] === sub);
}

describe('describeSchema', () => {
  it.each(all.map((schema) => [schema.name, schema] as const))(
    '[DIS-08] describes %s with the characteristics that have a meaning and no nulls',
    (_name, schema) => {
      for (const attribute of every(describeSchema(schema))) {
        const type = attribute['type'];
        const hasText = type === 'string' || type === 'reference' || type === 'binary';

        expect(Object.values(attribute)).not.toContain(null);
        expect(Object.keys(attribute)).toEqual(
          expect.arrayContaining([
            'name',
            'type',
            'multiValued',
            'description',
            'required',
            'mutability',
            'returned',
          ]),
        );
        expect('caseExact' in attribute).toBe(hasText);
        expect('uniqueness' in attribute).toBe(type !== 'boolean' && type !== 'complex');
        expect('subAttributes' in attribute).toBe(type === 'complex');
        expect('referenceTypes' in attribute).toBe(type === 'reference');
      }
    },
  );

  it('[ATT-03] shows the defaults of an attribute with nothing but a name', () => {
    const schema = { ...groupSchema, attributes: [{ ...groupSchema.attributes[0]! }] };

    expect(find(describeSchema(schema), 'displayName')).toMatchObject({
      type: 'string',
      multiValued: false,
      caseExact: false,
      mutability: 'readWrite',
      returned: 'default',
      uniqueness: 'none',
    });
  });

  it('carries the URN of the Schema schema, and no meta, which depends on the request', () => {
    expect(describeSchema(groupSchema)).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
      name: 'Group',
    });
    expect(describeSchema(groupSchema)).not.toHaveProperty('meta');
  });

  it('[COM-12] does not list common attributes', () => {
    const names = attributesOf(describeSchema(userSchema), 'attributes').map(({ name }) => name);

    expect(names).not.toEqual(expect.arrayContaining(['id']));
    expect(names).not.toEqual(expect.arrayContaining(['meta']));
  });
});

describe('the schemas of the RFC', () => {
  it.each([userSchema, enterpriseUserSchema, groupSchema, resourceTypeSchema, serviceProviderConfigSchema])(
    '[RES-01] are sound: $id',
    (schema) => {
      expect(() => checkSchema(schema)).not.toThrow();
    },
  );

  it('[ATT-07] nests complex attributes in the Schema schema alone', () => {
    expect(() => checkSchema(schemaSchema)).toThrow(/cannot be complex/u);
  });

  it.each<[string, JsonObject]>([
    ['userName', { required: true, uniqueness: 'server', caseExact: false }],
    ['password', { mutability: 'writeOnly', returned: 'never' }],
    ['emails.display', { mutability: 'readWrite' }],
    ['ims.type', { canonicalValues: expect.arrayContaining(['other']) as unknown as Json }],
    ['addresses.primary', { type: 'boolean' }],
    ['groups', { mutability: 'readOnly' }],
    ['groups.$ref', { mutability: 'readOnly', caseExact: true }],
    ['x509Certificates.value', { type: 'binary', caseExact: true }],
    ['profileUrl', { type: 'reference', referenceTypes: ['external'] }],
  ])('[RES-01] publishes %s of User as it behaves', (path, characteristics) => {
    expect(find(describeSchema(userSchema), path)).toMatchObject(characteristics);
  });

  it.each<[string, JsonObject]>([
    ['displayName', { required: true }],
    ['members.value', { mutability: 'immutable', required: true }],
    ['members.type', { mutability: 'immutable', canonicalValues: ['User', 'Group'] }],
    ['members.display', { mutability: 'readOnly' }],
  ])('[RES-01] publishes %s of Group as it behaves', (path, characteristics) => {
    expect(find(describeSchema(groupSchema), path)).toMatchObject(characteristics);
  });

  it('[RES-01] publishes what the printed ServiceProviderConfig schema forgets', () => {
    const config = describeSchema(serviceProviderConfigSchema);

    for (const path of ['etag.supported', 'authenticationSchemes.type', 'authenticationSchemes.primary']) {
      expect(find(config, path)).toBeDefined();
    }
  });
});
