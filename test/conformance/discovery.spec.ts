// RFC 7643 §5–§8.7 and RFC 7644 §4: what the server says about itself.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type SchemaAttribute } from '../support/app.js';
import {
  BULK_REQUEST,
  createUser,
  ENTERPRISE,
  expectError,
  filtered,
  GROUP,
  LIST_RESPONSE,
  mediaTypeOf,
  patch,
  read,
  USER,
} from './scim.js';

const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';
const RESOURCE_TYPE = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

const everyAttribute = (attributes: readonly SchemaAttribute[]): readonly SchemaAttribute[] =>
  attributes.flatMap((attribute) => [attribute, ...everyAttribute(attribute.subAttributes ?? [])]);

async function published(urn: string, path: string): Promise<SchemaAttribute> {
  const [name, sub] = path.split('.');
  const found = (await read(app, `/Schemas/${urn}`)).attributes.find((one) => one.name === name);
  const result = sub === undefined ? found : found?.subAttributes?.find((one) => one.name === sub);
  if (result === undefined) throw new Error(`${urn} has no ${path}`);
  return result;
}

describe('ServiceProviderConfig', () => {
  it('[DIS-01, DIS-11] has every feature with its limits', async () => {
    const config = await read(app, '/ServiceProviderConfig');

    expect(config).toMatchObject({
      schemas: [CONFIG],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: expect.any(Number), maxPayloadSize: expect.any(Number) },
      filter: { supported: true, maxResults: expect.any(Number) },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
    });
    expect(config.filter.maxResults).toBeGreaterThan(0);
  });

  it('[DIS-02] names authentication schemes of the known types', async () => {
    const { authenticationSchemes: schemes } = await read(app, '/ServiceProviderConfig');

    expect(schemes).not.toHaveLength(0);
    for (const scheme of schemes) {
      expect(['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest']).toContain(scheme['type']);
      expect(scheme).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    }
  });

  it('[DIS-01] agrees with what the server does', async () => {
    const { id } = await createUser(app);

    const patchReply = await patch(app, `/Users/${id}`, { op: 'add', path: 'title', value: 'T' });
    const filterReply = await app.request('GET', filtered('/Users', 'title eq "T"'));
    const bulkReply = await app.request('POST', '/Bulk', { schemas: [BULK_REQUEST], Operations: [] });

    expect([patchReply.status, filterReply.status, bulkReply.status]).toEqual([200, 200, 501]);
    expect(patchReply.headers.get('etag')).not.toBeNull();
  });

  it('[DIS-09] claims neither cursor paging nor security events, which it has not', async () => {
    const config = await read(app, '/ServiceProviderConfig');

    expect(config).not.toHaveProperty('pagination');
    expect(config).not.toHaveProperty('securityEvents');
  });

  it('[DIS-07] is readable without a token, Schemas and ResourceTypes are not', async () => {
    const anonymous = { authorization: null };

    const config = await app.request('GET', '/ServiceProviderConfig', undefined, anonymous);
    const schemas = await app.request('GET', '/Schemas', undefined, anonymous);
    const types = await app.request('GET', '/ResourceTypes', undefined, anonymous);

    expect(config.status).toBe(200);
    expect(config.body.authenticationSchemes).not.toHaveLength(0);
    expectError(schemas, 401);
    expectError(types, 401);
  });

  it('[DIS-13] has its resource type in meta', async () => {
    const config = await read(app, '/ServiceProviderConfig');

    expect(config.meta.resourceType).toBe('ServiceProviderConfig');
    expect(config.meta.location).toMatch(/\/ServiceProviderConfig$/);
  });

  it('[BLK-01] answers 501 to Bulk', async () => {
    expectError(await app.request('POST', '/Bulk', { schemas: [BULK_REQUEST], Operations: [] }), 501);
  });

  it('[ME-01] answers 501 to Me', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'POST']) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      expectError(await app.request(method, '/Me', body), 501);
    }
  });
});

describe('ResourceTypes', () => {
  it('[DIS-03, DIS-13] lists User and Group with endpoint, schema and extensions', async () => {
    const list = await read(app, '/ResourceTypes');

    expect(list).toMatchObject({ schemas: [LIST_RESPONSE], totalResults: 2, startIndex: 1, itemsPerPage: 2 });
    expect(list.Resources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          schemas: [RESOURCE_TYPE],
          id: 'User',
          name: 'User',
          description: expect.any(String),
          endpoint: '/Users',
          schema: USER,
          schemaExtensions: [{ schema: ENTERPRISE, required: false }],
          meta: expect.objectContaining({ resourceType: 'ResourceType' }),
        }),
        expect.objectContaining({ id: 'Group', name: 'Group', endpoint: '/Groups', schema: GROUP }),
      ]),
    );
  });

  it('[DIS-03] gives one by its id', async () => {
    const { Resources } = await read(app, '/ResourceTypes');

    for (const type of Resources) {
      expect(await read(app, `/ResourceTypes/${type.id}`)).toEqual(type);
      expect(await read(app, type.meta.location)).toEqual(type);
    }
    expectError(await app.request('GET', '/ResourceTypes/Device'), 404);
  });

  it('[DIS-12, RES-01] names only schemas that /Schemas describes', async () => {
    const types = await read(app, '/ResourceTypes');
    const ids = (await read(app, '/Schemas')).Resources.map(({ id }) => id);

    for (const type of types.Resources) {
      const extensions = (type['schemaExtensions'] ?? []) as readonly { schema: string }[];
      expect(ids).toEqual(
        expect.arrayContaining([type['schema'], ...extensions.map(({ schema }) => schema)]),
      );
    }
  });
});

describe('Schemas', () => {
  it('[DIS-04, RES-01] lists the resource schemas and the three discovery schemas', async () => {
    const list = await read(app, '/Schemas');

    expect(list.schemas).toEqual([LIST_RESPONSE]);
    expect(list.Resources.map(({ id }) => id).toSorted()).toEqual(
      [USER, ENTERPRISE, GROUP, CONFIG, RESOURCE_TYPE, SCHEMA].toSorted(),
    );
    expect(list.totalResults).toBe(6);
  });

  it('[DIS-04, DIS-13] gives one by its URN, in any letter case of the URN', async () => {
    const { Resources } = await read(app, '/Schemas');

    for (const schema of Resources) {
      expect(await read(app, `/Schemas/${schema.id}`)).toEqual(schema);
      expect(schema).toMatchObject({ schemas: [SCHEMA], meta: { resourceType: 'Schema' } });
      expect((await read(app, schema.meta.location)).id).toBe(schema.id);
    }
    expectError(await app.request('GET', '/Schemas/urn:example:unknown'), 404);
  });

  it('[DIS-10] lists no message schema', async () => {
    const { Resources } = await read(app, '/Schemas');

    expect(Resources.filter(({ id }) => id.startsWith('urn:ietf:params:scim:api:'))).toEqual([]);
  });

  it('[DIS-08, ATT-03] describes every attribute in full and without nulls', async () => {
    const reply = await app.request('GET', '/Schemas');

    expect(reply.text).not.toContain('null');
    for (const one of reply.body.Resources.flatMap((schema) => everyAttribute(schema.attributes))) {
      expect(one).toMatchObject({
        name: expect.stringMatching(/^[A-Za-z$][\w$-]*$/),
        type: expect.stringMatching(/^(string|boolean|decimal|integer|dateTime|reference|complex|binary)$/),
        multiValued: expect.any(Boolean),
        description: expect.any(String),
        required: expect.any(Boolean),
        mutability: expect.stringMatching(/^(readOnly|readWrite|immutable|writeOnly)$/),
        returned: expect.stringMatching(/^(always|never|default|request)$/),
      });
      if (one.type === 'string')
        expect([typeof one.caseExact, typeof one.uniqueness]).toEqual(['boolean', 'string']);
      if (one.type === 'boolean' || one.type === 'complex') expect(one).not.toHaveProperty('uniqueness');
      if (one.type === 'reference') expect(one.referenceTypes).not.toHaveLength(0);
      if (one.type === 'complex') expect(one.subAttributes).not.toHaveLength(0);
    }
  });

  it('[ATT-07] nests no complex attribute in another, but in the schema of schemas', async () => {
    const { Resources } = await read(app, '/Schemas');
    const subAttributes = Resources.filter(({ id }) => id !== SCHEMA).flatMap((schema) =>
      schema.attributes.flatMap((one) => one.subAttributes ?? []),
    );

    expect(subAttributes.filter(({ type }) => type === 'complex')).toEqual([]);
  });

  it('[COM-12] describes no common attribute in a resource schema', async () => {
    for (const urn of [USER, ENTERPRISE, GROUP]) {
      const names = (await read(app, `/Schemas/${urn}`)).attributes.map(({ name }) => name);
      for (const common of ['id', 'externalId', 'meta', 'schemas']) expect(names).not.toContain(common);
    }
  });

  it.each([
    [USER, 'userName', { type: 'string', required: true, uniqueness: 'server', caseExact: false }],
    [USER, 'password', { mutability: 'writeOnly', returned: 'never' }],
    [USER, 'active', { type: 'boolean', mutability: 'readWrite' }],
    [USER, 'groups', { type: 'complex', multiValued: true, mutability: 'readOnly' }],
    [USER, 'groups.value', { mutability: 'readOnly' }],
    [USER, 'emails.type', { canonicalValues: ['work', 'home', 'other'] }],
    [USER, 'emails.primary', { type: 'boolean' }],
    [USER, 'ims.type', { canonicalValues: expect.arrayContaining(['skype', 'other']) }],
    [USER, 'addresses.primary', { type: 'boolean' }],
    [USER, 'photos.value', { type: 'reference', caseExact: true }],
    [USER, 'profileUrl', { type: 'reference', referenceTypes: ['external'], caseExact: true }],
    [USER, 'x509Certificates.value', { type: 'binary', caseExact: true }],
    [ENTERPRISE, 'employeeNumber', { type: 'string', required: false }],
    [ENTERPRISE, 'manager', { type: 'complex', multiValued: false }],
    [ENTERPRISE, 'manager.displayName', { mutability: 'readOnly' }],
    [GROUP, 'displayName', { required: true }],
    [GROUP, 'members', { type: 'complex', multiValued: true, mutability: 'readWrite' }],
    [GROUP, 'members.value', { mutability: 'immutable' }],
    [GROUP, 'members.display', { mutability: 'readOnly' }],
    [CONFIG, 'etag', { type: 'complex', required: true, mutability: 'readOnly' }],
    [CONFIG, 'authenticationSchemes.type', { required: true }],
    [RESOURCE_TYPE, 'endpoint', { type: 'reference', required: true }],
    [RESOURCE_TYPE, 'schemaExtensions', { multiValued: true, required: false }],
    [SCHEMA, 'attributes', { multiValued: true, required: true }],
  ])('[RES-01] %s publishes %s', async (urn, path, expected) => {
    expect(await published(urn, path)).toMatchObject(expected);
  });

  it('[ATT-27] publishes exactly the attributes of the standard for a user', async () => {
    const names = (await read(app, `/Schemas/${USER}`)).attributes.map(({ name }) => name);

    expect(names.toSorted()).toEqual(
      (
        'active addresses displayName emails entitlements groups ims locale name nickName password phoneNumbers photos ' +
        'preferredLanguage profileUrl roles timezone title userName userType x509Certificates'
      ).split(' '),
    );
  });
});

describe('every discovery endpoint', () => {
  const endpoints = [
    '/ServiceProviderConfig',
    '/ResourceTypes',
    '/Schemas',
    `/Schemas/${USER}`,
    '/ResourceTypes/User',
  ];

  it.each(endpoints)('[DIS-05] answers 403 to a filter on %s', async (endpoint) => {
    expectError(await app.request('GET', filtered(endpoint, 'id eq "x"')), 403);
  });

  it.each(endpoints)('[DIS-05] ignores sorting and paging on %s', async (endpoint) => {
    const plain = await read(app, endpoint);

    expect(await read(app, `${endpoint}?sortBy=id&sortOrder=descending&startIndex=2&count=1`)).toEqual(plain);
  });

  it.each(endpoints)('[DIS-06] allows only GET on %s', async (endpoint) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const reply = await app.request(method, endpoint, method === 'DELETE' ? undefined : {});
      expectError(reply, 405);
      expect(reply.headers.get('allow')).toContain('GET');
    }
  });

  it.each(endpoints)('[ERR-05] answers %s as application/scim+json', async (endpoint) => {
    expect(mediaTypeOf(await app.request('GET', endpoint))).toBe('application/scim+json');
  });
});
