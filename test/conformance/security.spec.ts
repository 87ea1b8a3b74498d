// RFC 7644 §2, §6, §7: credentials, tenants, and what must never leak.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App } from '../support/app.js';
import {
  createGroup,
  createUser,
  expectError,
  filtered,
  groupBody,
  NOBODY,
  patch,
  patchBody,
  read,
  references,
  SEARCH_REQUEST,
  unique,
  userBody,
} from './scim.js';
import { startWithSecondTenant, type TwoTenants } from './second-tenant.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

describe('credentials', () => {
  const requests: readonly [string, string][] = [
    ['GET', '/Users'],
    ['POST', '/Users'],
    ['GET', `/Users/${NOBODY}`],
    ['PUT', `/Users/${NOBODY}`],
    ['PATCH', `/Groups/${NOBODY}`],
    ['DELETE', `/Groups/${NOBODY}`],
    ['POST', '/Users/.search'],
    ['GET', '/Schemas'],
    ['GET', '/ResourceTypes'],
    ['GET', '/Nothing'],
  ];

  it.each(requests)('[SEC-01, SEC-07] answers 401 to %s %s without a token', async (method, path) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};

    const reply = await app.request(method, path, body, { authorization: null });

    expectError(reply, 401);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it.each([
    ['an unknown token', 'Bearer wrong'],
    ['an empty token', 'Bearer '],
    ['a token of the right length', `Bearer ${'x'.repeat(43)}`],
    ['Basic credentials', 'Basic dXNlcjpwYXNz'],
    ['no scheme', 'token'],
    ['another scheme', 'Digest a'],
  ])('[SEC-01, SEC-15] answers 401 to %s', async (_, authorization) => {
    const reply = await app.request('GET', '/Users', undefined, { authorization });

    expectError(reply, 401);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('[SEC-01] reads the scheme in any letter case', async () => {
    const reply = await app.request('GET', '/Users', undefined, { authorization: `bearer ${app.token}` });

    expect(reply.status).toBe(200);
  });

  it('[SEC-01] does not take a token from the query string', async () => {
    const reply = await app.request('GET', `/Users?access_token=${app.token}`, undefined, {
      authorization: null,
    });

    expectError(reply, 401);
  });

  it('[SEC-01, SEC-16] keeps the admin token and the tenant token apart', async () => {
    const scim = await app.request('GET', '/Users', undefined, { authorization: `Bearer ${app.adminToken}` });
    const admin = await app.admin('GET', '/tenants/default/tokens', undefined, {
      authorization: `Bearer ${app.token}`,
    });

    expectError(scim, 401);
    expect([401, 403]).toContain(admin.status);
  });

  it('[SEC-11] sets no cookies', async () => {
    const replies = [await app.request('GET', '/Users'), await app.request('POST', '/Users', userBody())];

    for (const { headers } of replies) expect(headers.getSetCookie()).toEqual([]);
  });

  it('[SEC-03, ERR-03] never repeats a token in an answer', async () => {
    const guess = 'Bearer very-secret-guess-of-somebody';

    const replies = [
      await app.request('GET', '/Users', undefined, { authorization: guess }),
      await app.request('GET', '/ServiceProviderConfig'),
      await app.admin('GET', '/tenants/default/tokens'),
    ];

    for (const { text } of replies) {
      expect(text).not.toContain('very-secret-guess');
      expect(text).not.toContain(app.token);
    }
  });
});

describe('sensitive filters', () => {
  it('[SEC-04] answers 403 sensitive to a filter on the password', async () => {
    expectError(await app.request('GET', filtered('/Users', 'password eq "x"')), 403, 'sensitive');
  });

  it('[SEC-04] answers filters on userName and e-mail, which Entra sends', async () => {
    for (const filter of ['userName eq "x"', 'emails[type eq "work"].value eq "x"', 'externalId eq "x"']) {
      expect((await app.request('GET', filtered('/Users', filter))).status).toBe(200);
    }
  });
});

describe('the tenant in the URL', () => {
  it('[SEC-14] may be named when the token belongs to it', async () => {
    const { id } = await createUser(app);

    const named = await app.request('GET', `${app.url}/t/default/scim/v2/Users/${id}`);
    const inferred = await app.request('GET', `${app.url}/scim/v2/Users/${id}`);

    expect([named.status, inferred.status]).toEqual([200, 200]);
    expect([named.body.id, inferred.body.id]).toEqual([id, id]);
  });

  it('[SEC-14] is refused with 401 when the token does not belong to it', async () => {
    for (const tenant of ['other', 'DEFAULT', 'a..b', 'default2']) {
      const reply = await app.request('GET', `${app.url}/t/${encodeURIComponent(tenant)}/scim/v2/Users`);
      expect([401, 404]).toContain(reply.status);
    }
    expectError(await app.request('GET', `${app.url}/t/other/scim/v2/Users`), 401);
  });

  it('[COM-06, SEC-14] shows in locations exactly as the client called', async () => {
    const named = await app.request('POST', `${app.url}/t/default/scim/v2/Users`, userBody());
    const inferred = await app.request('POST', `${app.url}/scim/v2/Users`, userBody());

    for (const { body } of [named, inferred]) {
      expect((await app.request('GET', body.meta.location)).body.id).toBe(body.id);
    }
  });
});

describe('a revoked token', () => {
  it('[SEC-03] is refused from the next request on', async () => {
    const issued = await app.admin('POST', '/tenants/default/tokens', { name: 'short-lived' });
    const authorization = `Bearer ${String(issued.body['secret'])}`;
    expect((await app.request('GET', '/Users', undefined, { authorization })).status).toBe(200);

    const revoked = await app.admin('DELETE', `/tenants/default/tokens/${issued.body.id}`);

    expect(revoked.status).toBe(204);
    expectError(await app.request('GET', '/Users', undefined, { authorization }), 401);
  });
});

describe('two tenants', () => {
  let both: TwoTenants;

  beforeAll(async () => {
    both = await startWithSecondTenant('acme');
  });

  afterAll(() => both.stop());

  const other: App['request'] = (method, path, body, headers) =>
    both.app.request(method, path, body, { authorization: both.authorization, ...headers });

  it('[SEC-05] never show each other a resource', async () => {
    const user = await createUser(both.app);
    const group = await createGroup(both.app, { members: references(user) });

    for (const path of [`/Users/${user.id}`, `/Groups/${group.id}`]) {
      expectError(await other('GET', path), 404);
      expectError(await other('PUT', path, path.startsWith('/U') ? userBody() : groupBody()), 404);
      expectError(
        await other('PATCH', path, patchBody({ op: 'replace', path: 'externalId', value: 'x' })),
        404,
      );
      expectError(await other('DELETE', path), 404);
    }
    expect((await read(both.app, `/Users/${user.id}`)).id).toBe(user.id);
  });

  it('[SEC-05] never find each other in queries', async () => {
    const user = await createUser(both.app);

    const listed = await other('GET', '/Users?count=1000');
    const found = await other(
      'GET',
      filtered('/Users', `id eq "${user.id}" or userName eq "${user.userName}"`),
    );
    const searched = await other('POST', '/.search', {
      schemas: [SEARCH_REQUEST],
      filter: 'meta.created pr',
    });

    for (const { body } of [listed, found, searched]) {
      expect(body.Resources.map(({ id }) => id)).not.toContain(user.id);
    }
    expect(found.body.totalResults).toBe(0);
  });

  it('[SEC-05, SEC-06] never clash in userName, displayName or externalId', async () => {
    const user = await createUser(both.app, { externalId: 'shared-external' });
    const group = await createGroup(both.app);

    const sameUser = await other(
      'POST',
      '/Users',
      userBody({ userName: user.userName, externalId: 'shared-external' }),
    );
    const sameGroup = await other('POST', '/Groups', groupBody({ displayName: group.displayName }));

    expect([sameUser.status, sameGroup.status]).toEqual([201, 201]);
  });

  it('[SEC-05, RES-08] never take each other as members', async () => {
    const user = await createUser(both.app);
    const { body: group } = await other('POST', '/Groups', groupBody());

    const reply = await other(
      'PATCH',
      `/Groups/${group.id}`,
      patchBody({ op: 'add', path: 'members', value: references(user) }),
    );

    expectError(reply, 400, 'invalidValue');
  });

  it('[SEC-05] never resolve each other as managers', async () => {
    const boss = await createUser(both.app, { displayName: unique('Secret name') });
    const body = userBody({
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: boss.id } },
    });

    const { text } = await other('POST', '/Users', body);

    expect(text).not.toContain(boss.displayName);
  });

  it('[SEC-13] refuse a token whose time is over', async () => {
    const { app: running, expiredAuthorization: authorization } = both;

    expectError(await running.request('GET', '/Users', undefined, { authorization }), 401);
  });

  it('[SEC-14] refuse the token of one in the URL of the other', async () => {
    expectError(await other('GET', `${both.app.url}/t/default/scim/v2/Users`), 401);
    expect((await other('GET', `${both.app.url}/t/acme/scim/v2/Users`)).status).toBe(200);
    expectError(await both.app.request('GET', `${both.app.url}/t/acme/scim/v2/Users`), 401);
  });
});

describe('hostile input', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('[SEC-10] refuses a member named %s', async (name) => {
    const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"${unique()}","${name}":{"a":1}}`;

    const reply = await app.request('POST', '/Users', body);

    expectError(reply, 400, 'invalidSyntax');
  });

  it.each([
    '"; drop table users; --',
    "' or '1'='1",
    '%',
    '\u202e',
    'a'.repeat(1000),
    '<script>alert(1)</script>',
  ])('[SEC-10, FIL-24] stores and finds %j like any other value', async (value) => {
    const userName = unique() + value;
    const { id } = await createUser(app, { userName });

    const { body } = await app.request('POST', '/Users/.search', {
      schemas: [SEARCH_REQUEST],
      filter: `userName eq ${JSON.stringify(userName.slice(0, 4000))}`,
    });

    expect((await read(app, `/Users/${id}`)).userName).toBe(userName);
    if (userName.length < 4000) expect(body.Resources.map((user) => user.id)).toEqual([id]);
  });

  it('[PAT-03, PAT-09] leaves the resource as it was after a refused write', async () => {
    const before = await createUser(app);

    await patch(app, `/Users/${before.id}`, { op: 'replace', path: 'id', value: NOBODY });

    expect(await read(app, `/Users/${before.id}`)).toEqual(before);
  });
});
