// RFC 7643 §2–§4 and RFC 7644 §3.3, §3.4.1, §3.5.1, §3.6 on the User endpoint.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startApp, type App } from '../support/app.js';
import {
  createUser,
  ENTERPRISE,
  enterpriseUserBody,
  expectError,
  groupBody,
  filtered,
  find,
  GROUP,
  NOBODY,
  patch,
  PATCH_OP,
  read,
  revisionOf,
  unique,
  USER,
  userBody,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

// base64 of a small DER sequence
const CERTIFICATE = 'MAMCAQU=';

const certificates = (value: string): object => userBody({ x509Certificates: [{ value }] });

describe('attribute names and values', () => {
  it('[ATT-01] reads attribute names and the extension URN in any letter case', async () => {
    const userName = unique();
    const body = {
      SCHEMAS: [USER],
      USERNAME: userName,
      Name: { GIVENNAME: 'G' },
      [ENTERPRISE.toUpperCase()]: { DEPARTMENT: 'D' },
    };

    const reply = await app.request('POST', '/Users', body);

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      userName,
      name: { givenName: 'G' },
      [ENTERPRISE]: { department: 'D' },
    });
  });

  it('[ATT-18] emits schema URNs as registered, however they were sent', async () => {
    const reply = await app.request('POST', '/Users', userBody({ schemas: [USER.toUpperCase()] }));

    expect(reply.status).toBe(201);
    expect(reply.body.schemas).toEqual([USER]);
  });

  it.each([
    ['a number for a boolean', { active: 5 }],
    ['a string that is no boolean', { active: 'maybe' }],
    ['a number for a string', { displayName: 5 }],
    ['a boolean for a string', { title: true }],
    ['an object for a string', { nickName: { a: 1 } }],
    ['an array for a single value', { displayName: ['a'] }],
    ['a string for a complex attribute', { name: 'Mila Novak' }],
    ['a string among complex values', { emails: ['a@b.example'] }],
    ['a number as a password', { password: 12345 }],
    ['a number for a primary flag', { emails: [{ value: 'a@b.example', primary: 7 }] }],
    ['U+0000 in a string', { displayName: 'a\u0000b' }],
  ])('[ATT-04] refuses %s as invalidValue', async (_, attributes) => {
    const reply = await app.request('POST', '/Users', userBody(attributes));

    expectError(reply, 400, 'invalidValue');
  });

  it('[ATT-04] refuses a string with a lone surrogate', async () => {
    const reply = await app.request('POST', '/Users', `{"schemas":["${USER}"],"userName":"u\\ud800x"}`);

    expectError(reply, 400, 'invalidValue');
  });

  it('[SEC-10] refuses text longer than its attribute may be, naming attribute and limit', async () => {
    const { id } = await createUser(app);
    const longName = 'x'.repeat(1_025);

    const refused = [
      ['userName', 1024, await app.request('POST', '/Users', userBody({ userName: longName }))],
      ['externalId', 1024, await app.request('PUT', `/Users/${id}`, userBody({ externalId: longName }))],
      [
        'displayName',
        1024,
        await patch(app, `/Users/${id}`, { op: 'add', path: 'displayName', value: longName }),
      ],
      [
        'emails.value',
        1024,
        await patch(app, `/Users/${id}`, {
          op: 'add',
          path: 'emails[type eq "work"].value',
          value: longName,
        }),
      ],
      [
        'userType',
        65_536,
        await patch(app, `/Users/${id}`, { op: 'add', value: { userType: 'x'.repeat(65_537) } }),
      ],
      ['displayName', 1024, await app.request('POST', '/Groups', groupBody({ displayName: longName }))],
    ] as const;

    for (const [attribute, limit, reply] of refused) {
      expectError(reply, 400, 'invalidValue');
      expect(reply.body.detail).toContain(`'${attribute}'`);
      expect(reply.body.detail).toContain(`at most ${limit} characters`);
    }
    expect((await createUser(app, { displayName: 'é'.repeat(1_024) })).displayName).toHaveLength(1_024);
  });

  it('[ATT-05] gives meta dates in UTC, readable by Date', async () => {
    const { meta } = await createUser(app);

    for (const value of [meta.created, meta.lastModified]) {
      expect(value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Number.isNaN(Date.parse(value))).toBe(false);
    }
  });

  it('[ATT-05] refuses a date without a time', async () => {
    expectError(
      await app.request('GET', filtered('/Users', 'meta.created gt "2026-01-01"')),
      400,
      'invalidFilter',
    );
  });

  it('[ATT-06] takes base64 without its padding and refuses what is no base64', async () => {
    const unpadded = await app.request('POST', '/Users', certificates(CERTIFICATE.replaceAll('=', '')));
    const invalid = await app.request('POST', '/Users', certificates('***'));

    expect(unpadded.status).toBe(201);
    expectError(invalid, 400, 'invalidValue');
  });

  it('[RES-15] refuses two certificates in one value', async () => {
    const value = CERTIFICATE + CERTIFICATE;

    expectError(await app.request('POST', '/Users', certificates(value)), 400, 'invalidValue');
  });

  it('[ATT-08] refuses two primary e-mails', async () => {
    const emails = [
      { value: 'a@b.example', primary: true },
      { value: 'c@d.example', primary: true },
    ];

    expectError(await app.request('POST', '/Users', userBody({ emails })), 400, 'invalidValue');
  });

  it('[ATT-09] returns the same type and value once', async () => {
    const work = { value: 'a@b.example', type: 'work' };

    const { emails } = await createUser(app, {
      emails: [work, work, { value: 'a@b.example', type: 'home' }],
    });

    expect(emails).toHaveLength(2);
  });

  it('[ATT-10] keeps value, display, type and primary with the meaning they have', async () => {
    const emails = [{ value: 'a@b.example', display: 'A', type: 'work', primary: true }];

    expect((await createUser(app, { emails })).emails).toEqual(emails);
  });

  it.each([
    ['null', null],
    ['an empty array', []],
  ])('[ATT-11] takes %s as unassigned', async (_, nothing) => {
    const user = await createUser(app, { title: null, emails: nothing, roles: nothing, name: null });

    for (const name of ['title', 'emails', 'roles', 'name']) expect(user).not.toHaveProperty(name);
  });

  it('[ATT-12] takes an empty optional string as unassigned', async () => {
    expect(await createUser(app, { title: '' })).not.toHaveProperty('title');
  });

  it('[ATT-13] keeps a type that is not among the suggestions', async () => {
    const { emails } = await createUser(app, { emails: [{ value: 'a@b.example', type: 'club' }] });

    expect(emails).toEqual([{ value: 'a@b.example', type: 'club' }]);
  });

  it('[ATT-16, POS-03] takes userNames that differ in letter case as the same', async () => {
    const userName = unique('bjensen');
    await createUser(app, { userName });

    const reply = await app.request('POST', '/Users', userBody({ userName: userName.toUpperCase() }));

    expectError(reply, 409, 'uniqueness');
  });

  it('[ATT-16] compares userNames in Unicode, composed or not', async () => {
    await createUser(app, { userName: 'Änna-unique' });

    const reply = await app.request('POST', '/Users', userBody({ userName: 'a\u0308NNA-UNIQUE' }));

    expectError(reply, 409, 'uniqueness');
  });

  it('[ATT-17] ignores an unknown attribute and never echoes it', async () => {
    const { id } = await createUser(app, { foo: 1, bar: { deep: [1] } });

    const user = await read(app, `/Users/${id}`);

    expect(user).not.toHaveProperty('foo');
    expect(user).not.toHaveProperty('bar');
  });

  it('[ATT-19] finds a userName in another letter case beyond ASCII', async () => {
    const { id } = await createUser(app, { userName: 'änna-case' });

    expect(await find(app, '/Users', 'userName eq "ÄNNA-CASE"')).toEqual([id]);
  });

  it('[ATT-20, ATT-26, RES-13] returns values as they were sent', async () => {
    const sent = {
      phoneNumbers: [{ value: '55555', type: 'work' }],
      emails: [{ value: 'Not An Address@EXAMPLE' }],
      ims: [{ value: 'Some One', type: 'skype' }],
    };

    const { id } = await createUser(app, sent);

    expect(await read(app, `/Users/${id}`)).toMatchObject(sent);
  });

  it('[ATT-23] does not depend on the order of attributes', async () => {
    const userName = unique();
    const body = `{"emails":[{"type":"work","value":"o@b.example"}],"userName":"${userName}","schemas":["${USER}"]}`;

    const reply = await app.request('POST', '/Users', body);

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ userName, emails: [{ value: 'o@b.example', type: 'work' }] });
  });

  it('[ATT-15, RES-05, RES-17] never returns a password', async () => {
    const password = 'correct horse battery staple';

    const created = await app.request('POST', '/Users', userBody({ password }));
    const asked = await app.request('GET', `/Users/${created.body.id}?attributes=password`);
    const replaced = await app.request('PUT', `/Users/${created.body.id}`, userBody({ password }));
    const patched = await patch(app, `/Users/${created.body.id}`, {
      op: 'replace',
      path: 'password',
      value: password,
    });

    expect([created.status, asked.status, replaced.status, patched.status]).toEqual([201, 200, 200, 200]);
    for (const { text } of [created, asked, replaced, patched]) expect(text).not.toMatch(/password|horse/);
  });

  it('[RES-14] takes any string as country', async () => {
    const addresses = [{ type: 'work', country: 'Ukraine' }];

    expect((await createUser(app, { addresses })).addresses).toEqual(addresses);
  });

  it('[RES-11] stores and returns primary on addresses', async () => {
    const addresses = [{ type: 'work', locality: 'Brno', primary: true }];
    const { id } = await createUser(app, { addresses });

    await patch(app, `/Users/${id}`, {
      op: 'replace',
      path: 'addresses[primary eq true].locality',
      value: 'Praha',
    });

    expect((await read(app, `/Users/${id}`)).addresses).toEqual([
      { type: 'work', locality: 'Praha', primary: true },
    ]);
  });

  it('[RES-10] derives no formatted name', async () => {
    const { name } = await createUser(app, { name: { givenName: 'G', familyName: 'F' } });

    expect(name).toEqual({ givenName: 'G', familyName: 'F' });
  });
});

describe('common attributes', () => {
  it.each([
    ['is missing', { schemas: undefined }],
    ['is empty', { schemas: [] }],
    ['is no array', { schemas: USER }],
    ['names only another type', { schemas: [GROUP] }],
  ])('[COM-01] refuses a body whose schemas %s', async (_, attributes) => {
    expectError(await app.request('POST', '/Users', userBody(attributes)), 400, 'invalidSyntax');
  });

  it('[COM-01] gives no meaning to the order of schemas', async () => {
    const body = enterpriseUserBody({ department: 'D' }, { schemas: [ENTERPRISE, USER] });

    const reply = await app.request('POST', '/Users', body);

    expect(reply.status).toBe(201);
    expect(reply.body.schemas.toSorted()).toEqual([USER, ENTERPRISE].toSorted());
  });

  it('[COM-02] chooses the id itself, without the string bulkId', async () => {
    const { id } = await createUser(app, { id: 'x' });

    expect(id).not.toBe('x');
    expect(id).not.toMatch(/bulkId/i);
  });

  it('[COM-02] treats the id as case-exact', async () => {
    const { id } = await createUser(app);

    expectError(await app.request('GET', `/Users/${id.toUpperCase()}`), 404);
  });

  it('[COM-03] neither invents externalId nor enforces its uniqueness', async () => {
    const without = await createUser(app);
    const first = await createUser(app, { externalId: 'shared' });
    const second = await createUser(app, { externalId: 'shared' });

    expect(without).not.toHaveProperty('externalId');
    expect(await find(app, '/Users', 'externalId eq "shared"')).toEqual([first.id, second.id].toSorted());
    expect(await find(app, '/Users', 'externalId eq "SHARED"')).toEqual([]);
  });

  it('[COM-04, POS-06] sets meta itself and ignores what the client sends', async () => {
    const sent = {
      created: '1999-01-01T00:00:00Z',
      resourceType: 'Group',
      location: 'https://x.example',
      version: 'x',
    };

    const { meta, id } = await createUser(app, { meta: sent });

    expect(meta.resourceType).toBe('User');
    expect(Date.parse(meta.created)).toBeGreaterThan(Date.parse('2020-01-01T00:00:00Z'));
    expect(meta.location).toMatch(new RegExp(`/Users/${id}$`));
    expect(meta.version).toBe('W/"0"');
  });

  it('[COM-05] starts with lastModified equal to created and keeps it through a no-op', async () => {
    const user = await createUser(app, { title: 'T' });

    const { body } = await patch(app, `/Users/${user.id}`, { op: 'replace', path: 'title', value: 'T' });

    expect(user.meta.lastModified).toBe(user.meta.created);
    expect(body.meta).toEqual(user.meta);
  });

  it('[COM-05] moves lastModified, not created, on a change', async () => {
    const user = await createUser(app);

    const { body } = await patch(app, `/Users/${user.id}`, { op: 'replace', path: 'title', value: 'T' });

    expect(body.meta.created).toBe(user.meta.created);
    expect(Date.parse(body.meta.lastModified)).toBeGreaterThanOrEqual(Date.parse(user.meta.created));
    expect(revisionOf(body)).toBe(1);
  });

  it('[COM-06, POS-01] sends Location and Content-Location equal to meta.location, which resolves', async () => {
    const created = await app.request('POST', '/Users', userBody());
    const { location } = created.body.meta;
    const got = await app.request('GET', location);

    expect(created.headers.get('location')).toBe(location);
    expect(created.headers.get('content-location')).toBe(location);
    expect(got.headers.get('content-location')).toBe(location);
    expect(got.body.id).toBe(created.body.id);
  });

  it('[COM-08] keeps extension data under the URN of its schema', async () => {
    const { body } = await app.request(
      'POST',
      '/Users',
      enterpriseUserBody({ department: 'D', costCenter: 'C' }),
    );

    expect(body[ENTERPRISE]).toEqual({ department: 'D', costCenter: 'C' });
    expect(body).not.toHaveProperty('department');
  });

  it('[COM-10] resolves attribute notation with the URN of the core schema', async () => {
    const { id, userName } = await createUser(app, { name: { givenName: unique('G') } });

    expect(await find(app, '/Users', `${USER}:userName eq "${userName}"`)).toEqual([id]);
    expect(await find(app, '/Users', `${USER}:name.givenName pr and id eq "${id}"`)).toEqual([id]);
  });

  it('[COM-11] takes bare extension names in a PATCH path', async () => {
    const { id } = await createUser(app);

    const { body } = await patch(app, `/Users/${id}`, { op: 'add', path: 'department', value: 'D' });

    expect(body[ENTERPRISE]).toEqual({ department: 'D' });
  });

  it('[COM-12] lets the core URN stand before id', async () => {
    const { id } = await createUser(app);

    expect(await find(app, '/Users', `${USER}:id eq "${id}"`)).toEqual([id]);
  });

  it('[COM-13] refuses a message with the URN of another', async () => {
    const { id } = await createUser(app);
    const operations = { Operations: [{ op: 'replace', path: 'title', value: 'T' }] };

    for (const schemas of [[USER], [], undefined, [`${PATCH_OP}X`]]) {
      expectError(
        await app.request('PATCH', `/Users/${id}`, { schemas, ...operations }),
        400,
        'invalidSyntax',
      );
    }
  });
});

describe('create', () => {
  it('[POS-01] answers 201 with the whole resource', async () => {
    const { body, status } = await app.request('POST', '/Users', userBody({ title: 'T' }));

    expect(status).toBe(201);
    expect(body).toMatchObject({ schemas: [USER], title: 'T', active: true, meta: { resourceType: 'User' } });
  });

  it('[POS-02, ATT-14, RES-03, RES-12] ignores read-only attributes in the body', async () => {
    const groups = [{ value: NOBODY, display: 'Invented' }];

    expect(await createUser(app, { groups, id: 'x', meta: {} })).not.toHaveProperty('groups');
  });

  it.each([
    ['missing', {}],
    ['null', { userName: null }],
    ['empty', { userName: '' }],
  ])('[RES-02, POS-05] refuses a userName that is %s, naming the attribute', async (_, attributes) => {
    const reply = await app.request('POST', '/Users', { schemas: [USER], displayName: 'D', ...attributes });

    expectError(reply, 400, 'invalidValue');
    expect(reply.body.detail).toContain('userName');
  });

  it.each([
    ['broken JSON', '{"schemas":['],
    ['no JSON at all', 'userName=mila'],
    ['an array', '[]'],
    ['a string', '"user"'],
    ['null', 'null'],
    ['nothing', ''],
  ])('[POS-05] refuses %s as invalidSyntax', async (_, body) => {
    expectError(await app.request('POST', '/Users', body), 400, 'invalidSyntax');
  });

  it('[POS-04] lets exactly one of two parallel creates win', async () => {
    for (let run = 0; run < 50; run += 1) {
      const body = userBody();

      const replies = await Promise.all([
        app.request('POST', '/Users', body),
        app.request('POST', '/Users', body),
      ]);

      expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    }
  });

  it('[POS-07, SEL-06] obeys attributes and excludedAttributes', async () => {
    const chosen = await app.request('POST', '/Users?attributes=userName', userBody({ title: 'T' }));
    const excluded = await app.request(
      'POST',
      '/Users?excludedAttributes=title,meta',
      userBody({ title: 'T' }),
    );

    expect(Object.keys(chosen.body).toSorted()).toEqual(['id', 'schemas', 'userName']);
    expect(excluded.body).not.toHaveProperty('title');
    expect(excluded.body).not.toHaveProperty('meta');
    expect(excluded.body.active).toBe(true);
  });

  it('[POS-08] is visible to the very next lookup, every time', async () => {
    for (let run = 0; run < 200; run += 1) {
      const { id, userName } = await createUser(app);
      expect(await find(app, '/Users', `userName eq "${userName}"`)).toEqual([id]);
    }
  });

  it('[POS-10, FIL-27] defaults active to true, and filters see it', async () => {
    const { id, active } = await createUser(app);

    expect(active).toBe(true);
    expect(await find(app, '/Users', `active eq true and id eq "${id}"`)).toEqual([id]);
  });

  it('[POS-11] creates with null and [] without the attributes', async () => {
    const user = await createUser(app, { title: null, roles: [] });

    expect(user).not.toHaveProperty('title');
    expect(user).not.toHaveProperty('roles');
  });

  it('[POS-05] refuses the same attribute twice in two letter cases', async () => {
    const body = `{"schemas":["${USER}"],"userName":"${unique()}","USERNAME":"other"}`;

    expectError(await app.request('POST', '/Users', body), 400, 'invalidSyntax');
  });
});

describe('read', () => {
  it('[GET-01] answers an unknown id with 404', async () => {
    expectError(await app.request('GET', `/Users/${NOBODY}`), 404);
    expectError(await app.request('GET', '/Users/not-even-an-id'), 404);
  });

  it('[GET-10] holds always and default attributes only', async () => {
    const { id } = await createUser(app, { password: 'x'.repeat(12) });

    expect(Object.keys(await read(app, `/Users/${id}`)).toSorted()).toEqual([
      'active',
      'id',
      'meta',
      'schemas',
      'userName',
    ]);
  });

  it('[GET-09] refuses a filter on a single resource', async () => {
    const { id } = await createUser(app);

    expectError(await app.request('GET', filtered(`/Users/${id}`, 'active eq true')), 400, 'invalidFilter');
  });

  it('[RES-06] still reads a disabled user', async () => {
    const { id } = await createUser(app, { active: false });

    expect((await read(app, `/Users/${id}`)).active).toBe(false);
  });
});

describe('replace', () => {
  it('[PUT-00, PUT-01, PUT-03] answers 200 with the entire new resource, omitted attributes cleared', async () => {
    const { id, userName } = await createUser(app, { title: 'T', emails: [{ value: 'a@b.example' }] });

    const reply = await app.request('PUT', `/Users/${id}`, userBody({ userName, displayName: 'D' }));

    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ id, userName, displayName: 'D', schemas: [USER] });
    for (const name of ['title', 'emails']) expect(reply.body).not.toHaveProperty(name);
    expect(await read(app, `/Users/${id}`)).toEqual(reply.body);
  });

  it('[PUT-02] never creates', async () => {
    expectError(await app.request('PUT', `/Users/${NOBODY}`, userBody()), 404);
    expectError(await app.request('GET', `/Users/${NOBODY}`), 404);
  });

  it('[PUT-04, ATT-11] clears with null and []', async () => {
    const { id, userName } = await createUser(app, { nickName: 'N', roles: [{ value: 'r' }] });

    const { body } = await app.request(
      'PUT',
      `/Users/${id}`,
      userBody({ userName, nickName: null, roles: [] }),
    );

    expect(body).not.toHaveProperty('nickName');
    expect(body).not.toHaveProperty('roles');
  });

  it('[PUT-06, PUT-08, ATT-14] ignores read-only values and another id', async () => {
    const { id, userName, meta } = await createUser(app);
    const sent = { id: NOBODY, meta: { created: '1999-01-01T00:00:00Z' }, groups: [{ value: NOBODY }] };

    const { body } = await app.request('PUT', `/Users/${id}`, userBody({ userName, title: 'T', ...sent }));

    expect(body).toMatchObject({ id, title: 'T', meta: { created: meta.created } });
    expect(body).not.toHaveProperty('groups');
  });

  it('[PUT-07] refuses a replace without its required attribute and changes nothing', async () => {
    const before = await createUser(app, { title: 'T' });

    const reply = await app.request('PUT', `/Users/${before.id}`, { schemas: [USER], title: 'Other' });

    expectError(reply, 400, 'invalidValue');
    expect(await read(app, `/Users/${before.id}`)).toEqual(before);
  });

  it('[PUT-07] answers 409 to a userName of someone else', async () => {
    const taken = await createUser(app);
    const { id } = await createUser(app);

    expectError(
      await app.request('PUT', `/Users/${id}`, userBody({ userName: taken.userName })),
      409,
      'uniqueness',
    );
  });

  it('[PUT-09] leaves version and lastModified alone when nothing differs', async () => {
    const { id, userName } = await createUser(app, {
      title: 'T',
      emails: [{ value: 'a@b.example', type: 'work' }],
    });
    const before = await read(app, `/Users/${id}`);
    const same = userBody({
      userName,
      active: true,
      title: 'T',
      emails: [{ type: 'work', value: 'a@b.example' }],
    });

    const { body } = await app.request('PUT', `/Users/${id}`, same);

    expect(body).toEqual(before);
  });

  it('[PUT-10] clears an extension that is left out, and its URN leaves schemas', async () => {
    const { body: user } = await app.request('POST', '/Users', enterpriseUserBody({ department: 'D' }));

    const { body } = await app.request('PUT', `/Users/${user.id}`, userBody({ userName: user.userName }));

    expect(body.schemas).toEqual([USER]);
    expect(body).not.toHaveProperty([ENTERPRISE]);
  });

  it('[SEL-06] obeys attributes', async () => {
    const { id, userName } = await createUser(app);

    const { body } = await app.request(
      'PUT',
      `/Users/${id}?attributes=title`,
      userBody({ userName, title: 'T' }),
    );

    expect(body).toEqual({ schemas: [USER], id, title: 'T' });
  });
});

describe('delete', () => {
  it('[DEL-01] answers 204 without a body, and 404 to everything afterwards', async () => {
    const { id } = await createUser(app);

    const deleted = await app.request('DELETE', `/Users/${id}`);

    expect(deleted).toMatchObject({ status: 204, text: '' });
    expectError(await app.request('GET', `/Users/${id}`), 404);
    expectError(await app.request('PUT', `/Users/${id}`, userBody()), 404);
    expectError(await patch(app, `/Users/${id}`, { op: 'replace', path: 'title', value: 'T' }), 404);
    expectError(await app.request('DELETE', `/Users/${id}`), 404);
  });

  it('[DEL-02] leaves no trace in later queries', async () => {
    const { id, userName } = await createUser(app);

    await app.request('DELETE', `/Users/${id}`);

    expect(await find(app, '/Users', `userName eq "${userName}"`)).toEqual([]);
    expect(await find(app, '/Users', `id eq "${id}"`)).toEqual([]);
  });

  it('[DEL-03] frees the userName for a new resource with another id', async () => {
    const { id, userName } = await createUser(app);
    await app.request('DELETE', `/Users/${id}`);

    const again = await createUser(app, { userName });

    expect(again.id).not.toBe(id);
  });

  it('[DEL-04] never shows what the history keeps', async () => {
    const { id, userName } = await createUser(app);
    await app.request('DELETE', `/Users/${id}`);

    const { text } = await app.request('GET', '/Users?count=1000');

    expect(text).not.toContain(userName);
  });
});

describe('on disk', () => {
  it('[RES-05, SEC-08, SEC-03] keeps neither the password nor the token in any file', async () => {
    const onDisk = await startApp({ stores: 'sqlite' });
    const password = 'N3ver-Wr1tten-Anywhere';
    const { id } = await createUser(onDisk, { password });
    await patch(onDisk, `/Users/${id}`, { op: 'replace', path: 'password', value: password });
    await onDisk.request('POST', '/Users', `{"schemas":["${USER}"],"password":"${password}"}`);

    const files = await readdir(onDisk.dataDir, { recursive: true, withFileTypes: true });
    const contents = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
    );
    await onDisk.stop();

    expect(contents.length).toBeGreaterThan(0);
    for (const content of contents) {
      expect(content.includes(password)).toBe(false);
      expect(content.includes(onDisk.token)).toBe(false);
    }
  });
});

describe('under the strict profile', () => {
  let strict: App;

  beforeAll(async () => {
    strict = await startApp({ profile: 'strict' });
  });

  afterAll(() => strict.stop());

  it('[ATT-04] refuses a boolean given as a string', async () => {
    expectError(await strict.request('POST', '/Users', userBody({ active: 'True' })), 400, 'invalidValue');
  });

  it('[COM-01] refuses a schema URN that the resource type does not name', async () => {
    const body = userBody({ schemas: [USER, 'urn:example:unknown'] });

    expectError(await strict.request('POST', '/Users', body), 400, 'invalidSyntax');
  });

  it('[ATT-12] keeps an empty string', async () => {
    const { title } = await createUser(strict, { title: '' });

    expect(title).toBe('');
  });

  it('[COM-11] does not know an extension attribute without its URN', async () => {
    const { id } = await createUser(strict);

    expectError(
      await patch(strict, `/Users/${id}`, { op: 'add', path: 'department', value: 'D' }),
      400,
      'invalidPath',
    );
  });

  it('[ATT-04] still takes proper values', async () => {
    expect(
      await createUser(strict, { active: false, emails: [{ value: 'a@b.example', primary: true }] }),
    ).toMatchObject({
      active: false,
    });
  });
});
