// RFC 7644 §3.5.2: PATCH on users, row by row. Members of groups are in groups.spec.ts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type Reply, type ScimBody } from '../support/app.js';
import {
  createUser,
  ENTERPRISE,
  expectError,
  NOBODY,
  patch,
  patchBody,
  PATCH_OP,
  read,
  revisionOf,
  unique,
  USER,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

type Operation = Readonly<Record<string, unknown>>;
type Attributes = Readonly<Record<string, unknown>>;

const WORK = { type: 'work', value: 'w@x.example', primary: true };
const HOME = { type: 'home', value: 'h@x.example' };
const OTHER = { type: 'other', value: 'o@x.example' };

/** The attributes of a user after the operations, without the ones every user has. */
async function patched(
  given: Attributes,
  ...operations: readonly Operation[]
): Promise<Attributes & { readonly emails?: ScimBody['emails'] }> {
  const { id } = await createUser(app, given);
  const reply = await patch(app, `/Users/${id}`, ...operations);
  expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 200 });
  const user = await read(app, `/Users/${id}`);
  expect(reply.body).toEqual(user);
  const { id: _id, meta: _meta, schemas: _schemas, userName: _userName, active: _active, ...rest } = user;
  return rest;
}

async function expectRefusal(
  given: Attributes,
  status: number,
  scimType: string,
  ...operations: readonly Operation[]
): Promise<Reply> {
  const before = await createUser(app, given);
  const reply = await patch(app, `/Users/${before.id}`, ...operations);
  expectError(reply, status, scimType);
  expect(await read(app, `/Users/${before.id}`)).toEqual(before);
  return reply;
}

describe('the message', () => {
  it('[PAT-01] takes an empty array of operations as no change', async () => {
    const { id } = await createUser(app);

    const reply = await patch(app, `/Users/${id}`);

    expect(reply.status).toBe(200);
    expect(revisionOf(reply.body)).toBe(0);
  });

  it.each([
    ['no Operations', { schemas: [PATCH_OP] }],
    ['Operations that are no array', { schemas: [PATCH_OP], Operations: { op: 'add' } }],
    ['an operation that is no object', { schemas: [PATCH_OP], Operations: ['add'] }],
    ['an operation without op', patchBody({ path: 'title', value: 'T' })],
    ['an op that is no string', patchBody({ op: 1, path: 'title', value: 'T' })],
    ['an unknown op', patchBody({ op: 'move', path: 'title', value: 'T' })],
    ['no schemas', { Operations: [{ op: 'add', path: 'title', value: 'T' }] }],
    ['an array', []],
  ])('[PAT-01, PAT-02, COM-13] refuses %s as invalidSyntax', async (_, body) => {
    const { id } = await createUser(app);

    expectError(await app.request('PATCH', `/Users/${id}`, body), 400, 'invalidSyntax');
  });

  it.each(['ADD', 'Add', 'aDd'])('[PAT-02] reads op %s', async (op) => {
    expect(await patched({}, { op, path: 'title', value: 'T' })).toEqual({ title: 'T' });
  });

  it('[ATT-01] reads the names of the message in any letter case', async () => {
    const { id } = await createUser(app);
    const body = { SCHEMAS: [PATCH_OP], operations: [{ OP: 'add', Path: 'TITLE', VALUE: 'T' }] };

    expect((await app.request('PATCH', `/Users/${id}`, body)).body).toMatchObject({ title: 'T' });
  });

  it('[PAT-03] is atomic: three good operations and a bad one change nothing', async () => {
    await expectRefusal(
      { title: 'T' },
      400,
      'invalidValue',
      { op: 'replace', path: 'title', value: 'U' },
      { op: 'add', path: 'nickName', value: 'N' },
      { op: 'add', path: 'emails', value: [WORK] },
      { op: 'replace', path: 'active', value: 'perhaps' },
    );
  });

  it('[PAT-04] applies operations in order, each on the result of the one before', async () => {
    const attributes = await patched(
      {},
      { op: 'add', path: 'title', value: 'T' },
      { op: 'remove', path: 'title' },
      { op: 'add', path: 'nickName', value: 'A' },
      { op: 'replace', path: 'nickName', value: 'B' },
      { op: 'add', path: 'emails', value: [HOME] },
      { op: 'replace', path: 'emails[type eq "home"].value', value: 'new@x.example' },
    );

    expect(attributes).toEqual({ nickName: 'B', emails: [{ type: 'home', value: 'new@x.example' }] });
  });

  it('[PAT-05] answers 200 with the entire resource and its ETag', async () => {
    const { id } = await createUser(app);

    const reply = await patch(app, `/Users/${id}`, { op: 'add', path: 'title', value: 'T' });

    expect(reply.status).toBe(200);
    expect(reply.headers.get('etag')).toBe('W/"1"');
    expect(reply.body).toEqual(await read(app, `/Users/${id}`));
  });

  it('[SEL-06, SEL-08] answers the selected attributes', async () => {
    const { id } = await createUser(app);

    const reply = await patch(app, `/Users/${id}?attributes=title`, { op: 'add', path: 'title', value: 'T' });

    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ schemas: [USER], id, title: 'T' });
  });

  it('[PAT-37] refuses more than 1,000 operations with 413, naming the limit', async () => {
    const { id } = await createUser(app);
    const operations = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'T' }));

    const reply = await patch(app, `/Users/${id}`, ...operations);

    expectError(reply, 413);
    expect(reply.body.detail).toMatch(/1,?000/);
  });

  it('[PAT-37] refuses more than 10,000 values with 413, naming the limit', async () => {
    const { id } = await createUser(app);
    const value = Array.from({ length: 10_001 }, (_, index) => ({ value: `r${index}` }));

    const reply = await patch(app, `/Users/${id}`, { op: 'add', path: 'roles', value });

    expectError(reply, 413);
    expect(reply.body.detail).toMatch(/10,?000/);
  });

  it('[GET-01] answers 404 for an unknown id', async () => {
    expectError(await patch(app, `/Users/${NOBODY}`, { op: 'add', path: 'title', value: 'T' }), 404);
  });

  it('[PAT-38] supports PATCH, as the configuration says', async () => {
    expect(await read(app, '/ServiceProviderConfig')).toMatchObject({ patch: { supported: true } });
  });
});

describe('paths', () => {
  it.each([
    ['title', 'T', { title: 'T' }],
    ['TITLE', 'T', { title: 'T' }],
    ['name.givenName', 'G', { name: { givenName: 'G' } }],
    [`${USER}:title`, 'T', { title: 'T' }],
    [`${USER}:name.givenName`, 'G', { name: { givenName: 'G' } }],
    [`${ENTERPRISE}:department`, 'D', { [ENTERPRISE]: { department: 'D' } }],
    [`${ENTERPRISE}:manager.value`, 'm', { [ENTERPRISE]: { manager: { value: 'm' } } }],
    [ENTERPRISE, { department: 'D' }, { [ENTERPRISE]: { department: 'D' } }],
  ])('[PAT-06, PAT-27] replaces %s', async (path, value, expected) => {
    expect(await patched({}, { op: 'replace', path, value })).toEqual(expected);
  });

  it.each([
    ['emails[type eq "home"]', { type: 'home', value: 'n@x.example' }, 'n@x.example'],
    ['emails[type eq "home"].value', 'n@x.example', 'n@x.example'],
    [`${USER}:emails[type eq "home"].value`, 'n@x.example', 'n@x.example'],
    ['emails[type eq "home" and value sw "h"].value', 'n@x.example', 'n@x.example'],
    ['emails[not (type eq "work")].value', 'n@x.example', 'n@x.example'],
  ])('[PAT-06, PAT-31] replaces through the filter of %s', async (path, value, expected) => {
    const { emails } = await patched({ emails: [WORK, HOME] }, { op: 'replace', path, value });

    expect(emails).toEqual([WORK, { type: 'home', value: expected }]);
  });

  it.each([
    'na me',
    'title.',
    '.title',
    'name..givenName',
    'emails[type eq "work"]value',
    'emails[0]',
    'emails[0].value',
    'name.givenName.first',
    '$',
    'urn:example:unknown:title',
    'emails.unknown',
    'emails[type eq "work"].unknown',
    'unknown',
  ])('[PAT-06, PAT-07, PAT-35, ATT-02] refuses the path %s as invalidPath', async (path) => {
    const reply = await expectRefusal({ emails: [WORK] }, 400, 'invalidPath', {
      op: 'replace',
      path,
      value: 'x',
    });

    expect(reply.body.detail).not.toBe('');
  });

  it.each(['', 7, null, { a: 1 }])('[PAT-06] refuses %j as a path', async (path) => {
    const { id } = await createUser(app);

    const reply = await patch(app, `/Users/${id}`, { op: 'remove', path });

    expect(reply.status).toBe(400);
    expect(['invalidPath', 'invalidSyntax', 'noTarget']).toContain(reply.body.scimType);
  });

  it.each(['emails[type zz "work"]', 'emails[type eq]', 'emails[primary gt true]', 'emails[(type eq "a"]'])(
    '[PAT-06] refuses the filter inside %s as invalidFilter',
    async (path) => {
      await expectRefusal({ emails: [WORK] }, 400, 'invalidFilter', { op: 'remove', path });
    },
  );

  it.each(['emails[]', 'emails[type eq "work"', 'emails]type eq "work"['])(
    '[PAT-06] refuses the brackets of %s',
    async (path) => {
      const { id } = await createUser(app);

      const reply = await patch(app, `/Users/${id}`, { op: 'remove', path });

      expect(reply.status).toBe(400);
      expect(['invalidPath', 'invalidFilter']).toContain(reply.body.scimType);
    },
  );

  it('[PAT-41] refuses a filter on a single-valued attribute as invalidPath', async () => {
    const operation = { op: 'replace', path: 'name[givenName eq "G"].givenName', value: 'H' };

    await expectRefusal({ name: { givenName: 'G' } }, 400, 'invalidPath', operation);
  });

  it('[PAT-41] applies a sub-attribute without a filter to all elements for replace and remove', async () => {
    const given = { emails: [WORK, HOME] };

    const replaced = await patched(given, { op: 'replace', path: 'emails.display', value: 'D' });
    const removed = await patched(given, { op: 'remove', path: 'emails.type' });

    expect(replaced).toMatchObject({
      emails: [
        { ...WORK, display: 'D' },
        { ...HOME, display: 'D' },
      ],
    });
    expect(removed).toEqual({ emails: [{ value: WORK.value, primary: true }, { value: HOME.value }] });
  });

  it('[PAT-41] refuses to add to a sub-attribute without a filter', async () => {
    await expectRefusal({ emails: [HOME] }, 400, 'invalidPath', {
      op: 'add',
      path: 'emails.display',
      value: 'D',
    });
  });

  it.each([
    'groups',
    'id',
    'meta',
    'meta.created',
    'groups[value eq "x"].display',
    `${ENTERPRISE}:manager.displayName`,
  ])('[PAT-09, ATT-14, RES-12, RES-19] refuses the read-only %s as mutability', async (path) => {
    await expectRefusal({}, 400, 'mutability', { op: 'replace', path, value: 'x' });
  });

  it('[RES-19] ignores a read-only sub-attribute inside an object', async () => {
    const value = { value: 'm', displayName: 'Invented' };

    const attributes = await patched({}, { op: 'add', path: `${ENTERPRISE}:manager`, value });

    expect(attributes).toEqual({ [ENTERPRISE]: { manager: { value: 'm' } } });
  });
});

describe('values', () => {
  it.each([
    ['add', 'title'],
    ['replace', 'title'],
    ['add', 'emails'],
  ])('[PAT-10] refuses %s of %s without a value', async (op, path) => {
    await expectRefusal({}, 400, 'invalidValue', { op, path });
  });

  it.each([
    ['title', 5],
    ['active', 7],
    ['active', 'perhaps'],
    ['emails', 'a@b.example'],
    ['emails', [{ value: 5 }]],
    ['emails[type eq "work"].primary', '46-789'],
    ['name.givenName', { a: 1 }],
    ['x509Certificates', [{ value: '***' }]],
  ])('[PAT-10, ATT-04] refuses a wrong type for %s: %j', async (path, value) => {
    await expectRefusal({ emails: [WORK] }, 400, 'invalidValue', { op: 'replace', path, value });
  });

  it.each([
    ['name', 'x'],
    ['name', 7],
    ['emails[type eq "work"]', 'x'],
  ])('[PAT-40] refuses %s given as %j', async (path, value) => {
    await expectRefusal({ emails: [WORK] }, 400, 'invalidValue', { op: 'replace', path, value });
  });

  it('[ATT-17] ignores unknown attributes inside a value', async () => {
    expect(await patched({}, { op: 'add', value: { title: 'T', foo: 1 } })).toEqual({ title: 'T' });
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    '[SEC-10] is not fooled by a member named %s',
    async (name) => {
      const { id } = await createUser(app);
      const body = `{"schemas":["${PATCH_OP}"],"Operations":[{"op":"add","value":{"${name}":{"polluted":true}}}]}`;

      const reply = await app.request('PATCH', `/Users/${id}`, body);

      expect(reply.status).toBe(400);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

describe('primary', () => {
  it('[PAT-08] makes every other element not primary when one becomes it', async () => {
    const added = await patched(
      { emails: [WORK, HOME] },
      { op: 'add', path: 'emails', value: [{ ...OTHER, primary: true }] },
    );
    const set = await patched(
      { emails: [WORK, HOME] },
      { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
    );

    for (const { emails } of [added, set]) {
      expect(emails?.filter(({ primary }) => primary)).toHaveLength(1);
    }
    expect(added['emails']).toContainEqual({ ...OTHER, primary: true });
    expect(set['emails']).toContainEqual({ ...HOME, primary: true });
  });
});

describe('add', () => {
  it('[PAT-11] merges an object without a path into the resource', async () => {
    const given = { name: { familyName: 'F' }, emails: [WORK] };
    const value = {
      nickName: 'N',
      name: { givenName: 'G' },
      emails: [HOME],
      [ENTERPRISE]: { department: 'D' },
    };

    expect(await patched(given, { op: 'add', value })).toEqual({
      nickName: 'N',
      name: { familyName: 'F', givenName: 'G' },
      emails: [WORK, HOME],
      [ENTERPRISE]: { department: 'D' },
    });
  });

  it('[PAT-11] refuses a value without a path that is no object', async () => {
    await expectRefusal({}, 400, 'invalidValue', { op: 'add', value: 'T' });
  });

  it('[PAT-12] sets or replaces a single value', async () => {
    expect(await patched({ title: 'T' }, { op: 'add', path: 'title', value: 'U' })).toEqual({ title: 'U' });
  });

  it('[PAT-13] merges into a complex value', async () => {
    const attributes = await patched(
      { name: { familyName: 'F' } },
      { op: 'add', path: 'name', value: { givenName: 'G' } },
    );

    expect(attributes).toEqual({ name: { familyName: 'F', givenName: 'G' } });
  });

  it.each([
    ['an array', [HOME, OTHER], [WORK, HOME, OTHER]],
    ['a single object', HOME, [WORK, HOME]],
  ])('[PAT-14] appends %s', async (_, value, expected) => {
    expect(await patched({ emails: [WORK] }, { op: 'add', path: 'emails', value })).toEqual({
      emails: expected,
    });
  });

  it.each([
    ['a simple value', 'title', 'T'],
    ['an element', 'emails', [WORK]],
    ['a sub-attribute', 'name.givenName', 'G'],
    ['an extension attribute', `${ENTERPRISE}:department`, 'D'],
  ])('[PAT-15, COM-05, ETG-04] takes %s that is there already as no change', async (_, path, value) => {
    const given = { title: 'T', emails: [WORK], name: { givenName: 'G' }, [ENTERPRISE]: { department: 'D' } };
    const before = await createUser(app, given);

    const reply = await patch(app, `/Users/${before.id}`, { op: 'add', path, value });

    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(before);
  });

  it('[PAT-16] sets the sub-attribute on every match, and creates from eq terms without one', async () => {
    const operation = { op: 'add', path: 'emails[type eq "home"].display', value: 'D' };

    const matched = await patched({ emails: [WORK, HOME, { ...HOME, value: 'h2@x.example' }] }, operation);
    const missing = await patched({ emails: [WORK] }, { ...operation, path: 'emails[type eq "home"].value' });

    expect(matched['emails']).toMatchObject([
      WORK,
      { display: 'D' },
      { display: 'D', value: 'h2@x.example' },
    ]);
    expect(missing['emails']).toEqual([WORK, { type: 'home', value: 'D' }]);
  });

  it.each([
    ['by path', { path: `${ENTERPRISE}:department`, value: 'D' }],
    ['by an object under the URN', { value: { [ENTERPRISE]: { department: 'D' } } }],
    ['by a URN key', { value: { [`${ENTERPRISE}:department`]: 'D' } }],
  ])('[PAT-17, PAT-39] adds the URN to schemas when the extension gets data %s', async (_, operation) => {
    const { id } = await createUser(app);

    const { body } = await patch(app, `/Users/${id}`, { op: 'add', ...operation });

    expect(body.schemas.toSorted()).toEqual([USER, ENTERPRISE].toSorted());
  });

  it('[PAT-39] takes an operation on schemas itself', async () => {
    const { id } = await createUser(app);

    const reply = await patch(
      app,
      `/Users/${id}`,
      { op: 'add', path: 'schemas', value: [ENTERPRISE] },
      { op: 'add', path: `${ENTERPRISE}:department`, value: 'D' },
    );

    expect(reply.status).toBe(200);
    expect(reply.body[ENTERPRISE]).toEqual({ department: 'D' });
  });

  it('[PAT-42] creates a sub-attribute of an unassigned complex attribute', async () => {
    expect(await patched({}, { op: 'add', path: 'name.givenName', value: 'G' })).toEqual({
      name: { givenName: 'G' },
    });
  });
});

describe('remove', () => {
  it('[PAT-18] refuses to remove without a path as noTarget', async () => {
    await expectRefusal({ title: 'T' }, 400, 'noTarget', { op: 'remove' });
    await expectRefusal({ title: 'T' }, 400, 'noTarget', { op: 'remove', value: { title: 'T' } });
  });

  it.each([
    ['a simple attribute', 'title', {}],
    ['a complex attribute', 'name', {}],
    ['a sub-attribute', 'name.givenName', { name: { familyName: 'F' } }],
  ])('[PAT-19] removes %s', async (_, path, expected) => {
    const given = path === 'title' ? { title: 'T' } : { name: { givenName: 'G', familyName: 'F' } };

    expect(await patched(given, { op: 'remove', path })).toEqual(expected);
  });

  it('[PAT-20] removes every value without a filter, only the named ones with a value array', async () => {
    const given = { emails: [WORK, HOME, OTHER] };

    const all = await patched(given, { op: 'remove', path: 'emails' });
    const some = await patched(given, { op: 'remove', path: 'emails', value: [{ value: HOME.value }] });

    expect(all).toEqual({});
    expect(some).toEqual({ emails: [WORK, OTHER] });
  });

  it('[PAT-21] removes the matching elements, and the attribute with the last of them', async () => {
    const given = { emails: [WORK, HOME] };

    const some = await patched(given, { op: 'remove', path: 'emails[type eq "home"]' });
    const last = await patched(given, { op: 'remove', path: 'emails[value pr]' });

    expect(some).toEqual({ emails: [WORK] });
    expect(last).toEqual({});
  });

  it('[PAT-22] removes the sub-attribute of the matches, and drops an emptied element', async () => {
    const given = { emails: [{ ...WORK, display: 'D' }, HOME] };

    const display = await patched(given, { op: 'remove', path: 'emails[type eq "work"].display' });
    const value = await patched(given, { op: 'remove', path: 'emails[type eq "home"].value' });

    expect(display).toEqual({ emails: [WORK, HOME] });
    expect(value).toEqual({ emails: [{ ...WORK, display: 'D' }] });
  });

  it.each(['userName', 'id', 'meta', 'groups', 'schemas'])(
    '[PAT-23] refuses to remove %s as mutability',
    async (path) => {
      await expectRefusal({}, 400, 'mutability', { op: 'remove', path });
    },
  );

  it.each([
    'title',
    'emails[type eq "fax"]',
    'emails[type eq "fax"].value',
    'name.middleName',
    `${ENTERPRISE}:manager`,
  ])('[PAT-24] takes removing %s where there is none as no change', async (path) => {
    const before = await createUser(app, { emails: [WORK] });

    const reply = await patch(app, `/Users/${before.id}`, { op: 'remove', path });

    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(before);
  });

  it('[PAT-25] takes the URN of an emptied extension out of schemas', async () => {
    const { id } = await createUser(app, { [ENTERPRISE]: { department: 'D' } });

    const { body } = await patch(app, `/Users/${id}`, { op: 'remove', path: `${ENTERPRISE}:department` });

    expect(body.schemas).toEqual([USER]);
    expect(body).not.toHaveProperty([ENTERPRISE]);
  });

  it('[PAT-19, PAT-25] removes a whole extension by its URN', async () => {
    const given = { [ENTERPRISE]: { department: 'D', costCenter: 'C' } };

    expect(await patched(given, { op: 'remove', path: ENTERPRISE })).toEqual({});
  });
});

describe('replace', () => {
  it('[PAT-26] replaces the attributes of an object without a path and keeps the others', async () => {
    const given = { title: 'T', nickName: 'N', name: { familyName: 'F' }, emails: [WORK] };
    const value = { title: 'U', name: { givenName: 'G' }, emails: [HOME] };

    expect(await patched(given, { op: 'replace', value })).toEqual({
      title: 'U',
      nickName: 'N',
      name: { familyName: 'F', givenName: 'G' },
      emails: [HOME],
    });
  });

  it('[PAT-27] replaces a simple value, and adds one that is absent', async () => {
    expect(await patched({ title: 'T' }, { op: 'replace', path: 'title', value: 'U' })).toEqual({
      title: 'U',
    });
    expect(await patched({}, { op: 'replace', path: 'title', value: 'U' })).toEqual({ title: 'U' });
  });

  it('[PAT-28] replaces the whole list without a filter', async () => {
    const given = { roles: [{ value: 'a' }, { value: 'b' }] };

    expect(await patched(given, { op: 'replace', path: 'roles', value: [{ value: 'c' }] })).toEqual({
      roles: [{ value: 'c' }],
    });
  });

  it('[PAT-29] merges sub-attributes of a complex value', async () => {
    const given = { name: { familyName: 'F', givenName: 'G' } };
    const value = { givenName: 'H', middleName: 'M' };

    expect(await patched(given, { op: 'replace', path: 'name', value })).toEqual({
      name: { familyName: 'F', givenName: 'H', middleName: 'M' },
    });
  });

  it('[PAT-30] replaces matching elements whole', async () => {
    const given = { emails: [{ ...WORK, display: 'D' }, HOME] };
    const value = { type: 'work', value: 'n@x.example' };

    expect(await patched(given, { op: 'replace', path: 'emails[type eq "work"]', value })).toEqual({
      emails: [value, HOME],
    });
  });

  it('[PAT-31] replaces the sub-attribute of all matches', async () => {
    const given = { emails: [HOME, { ...HOME, value: 'h2@x.example' }, WORK] };

    const { emails } = await patched(given, {
      op: 'replace',
      path: 'emails[type eq "home"].display',
      value: 'D',
    });

    expect(emails).toEqual([
      { ...HOME, display: 'D' },
      { ...HOME, value: 'h2@x.example', display: 'D' },
      WORK,
    ]);
  });

  it('[PAT-32] creates the element that a filter of eq terms describes', async () => {
    const given = { emails: [WORK] };

    const sub = await patched(given, {
      op: 'replace',
      path: 'emails[type eq "home"].value',
      value: 'n@x.example',
    });

    expect(sub).toEqual({ emails: [WORK, { type: 'home', value: 'n@x.example' }] });
  });

  it.each([
    'emails[type ne "work"].value',
    'emails[type co "fa"].value',
    'emails[type eq "a" or type eq "b"].value',
  ])('[PAT-32] answers noTarget when %s matches nothing', async (path) => {
    await expectRefusal({ emails: [WORK] }, 400, 'noTarget', { op: 'replace', path, value: 'n@x.example' });
  });

  it.each([
    ['title', null],
    ['title', ''],
    ['emails', null],
    ['emails', []],
    ['name', null],
  ])('[PAT-33, ATT-11, ATT-12] unassigns %s with %j', async (path, value) => {
    const given = { title: 'T', emails: [WORK], name: { givenName: 'G' } };

    expect(await patched(given, { op: 'replace', path, value })).not.toHaveProperty(path);
  });

  it('[PAT-33] refuses to unassign the required userName as mutability', async () => {
    await expectRefusal({}, 400, 'mutability', { op: 'replace', path: 'userName', value: null });
  });

  it('[RES-02, PAT-10] refuses an empty userName', async () => {
    const before = await createUser(app);

    const reply = await patch(app, `/Users/${before.id}`, { op: 'replace', path: 'userName', value: '' });

    expect(reply.status).toBe(400);
    expect(await read(app, `/Users/${before.id}`)).toEqual(before);
  });

  it('[PAT-34] refuses a userName that is taken, and takes its own in another letter case', async () => {
    const taken = await createUser(app);
    const { id, userName } = await createUser(app);

    const clash = await patch(app, `/Users/${id}`, {
      op: 'replace',
      path: 'userName',
      value: taken.userName,
    });
    const own = await patch(app, `/Users/${id}`, {
      op: 'replace',
      path: 'userName',
      value: userName.toUpperCase(),
    });

    expectError(clash, 409, 'uniqueness');
    expect(own.body.userName).toBe(userName.toUpperCase());
  });

  it('[PAT-34, ATT-08] refuses two primary elements in one value', async () => {
    const value = [WORK, { ...HOME, primary: true }];

    await expectRefusal({}, 400, 'invalidValue', { op: 'replace', path: 'emails', value });
  });

  it('[PAT-36] expands dotted and URN keys', async () => {
    const value = {
      'name.givenName': 'G',
      [`${ENTERPRISE}:department`]: 'D',
      [`${ENTERPRISE}:manager.value`]: 'm',
      'emails[type eq "work"].value': 'w@x.example',
    };

    expect(await patched({}, { op: 'replace', value })).toEqual({
      name: { givenName: 'G' },
      [ENTERPRISE]: { department: 'D', manager: { value: 'm' } },
      emails: [{ type: 'work', value: 'w@x.example' }],
    });
  });

  it('[PAT-36] applies a URN key that names a core attribute', async () => {
    const userName = unique('renamed');
    const { id } = await createUser(app);

    const { body } = await patch(app, `/Users/${id}`, {
      op: 'replace',
      value: { [`${USER}:userName`]: userName },
    });

    expect(body.userName).toBe(userName);
  });
});

describe('under the strict profile', () => {
  let strict: App;

  beforeAll(async () => {
    strict = await startApp({ profile: 'strict' });
  });

  afterAll(() => strict.stop());

  it.each([
    ['PAT-16', 'noTarget', { op: 'add', path: 'emails[type eq "work"].value', value: 'w@x.example' }],
    ['PAT-32', 'noTarget', { op: 'replace', path: 'emails[type eq "work"].value', value: 'w@x.example' }],
    ['PAT-32', 'noTarget', { op: 'replace', path: 'emails[type eq "work"]', value: WORK }],
    ['PAT-40', 'invalidValue', { op: 'replace', path: `${ENTERPRISE}:manager`, value: 'm' }],
    ['ATT-04', 'invalidValue', { op: 'replace', path: 'active', value: 'True' }],
    ['PAT-40', 'invalidValue', { op: 'replace', path: `${ENTERPRISE}:manager`, value: [{ value: 'm' }] }],
    ['COM-11', 'invalidPath', { op: 'add', path: 'manager', value: { value: 'm' } }],
    ['FIL-07', 'invalidFilter', { op: 'remove', path: 'emails[type eq home]' }],
    ['ATT-04', 'invalidFilter', { op: 'remove', path: 'emails[primary eq "True"]' }],
  ])('[%s] answers %s to %j', async (_, scimType, operation) => {
    const before = await createUser(strict, { emails: [HOME] });

    expectError(await patch(strict, `/Users/${before.id}`, operation), 400, scimType);
    expect(await read(strict, `/Users/${before.id}`)).toEqual(before);
  });

  it('[PAT-01] refuses an empty array of operations', async () => {
    const { id } = await createUser(strict);

    expectError(await patch(strict, `/Users/${id}`), 400, 'invalidSyntax');
  });

  it('[PAT-20] removes every value, whatever the value array says', async () => {
    const { id } = await createUser(strict, { emails: [WORK, HOME] });

    const { body } = await patch(strict, `/Users/${id}`, {
      op: 'remove',
      path: 'emails',
      value: [{ value: HOME.value }],
    });

    expect(body).not.toHaveProperty('emails');
  });

  it('[PAT-14, ATT-17] neither unpacks role documents nor reads displayName as display', async () => {
    const { id } = await createUser(strict);
    const document = '{"value":"baker","displayName":"Baker"}';
    const value = [{ value: document }, { value: 'miller', displayName: 'Miller' }];

    const { body } = await patch(strict, `/Users/${id}`, { op: 'add', path: 'roles', value });

    expect(body.roles).toEqual([{ value: document }, { value: 'miller' }]);
  });

  it('[PAT-36] takes the RFC form of an extension in a path-less value', async () => {
    const { id } = await createUser(strict);
    const value = { [ENTERPRISE]: { department: 'D' }, 'name.givenName': 'ignored' };

    const { body } = await patch(strict, `/Users/${id}`, { op: 'replace', value });

    expect(body[ENTERPRISE]).toEqual({ department: 'D' });
    expect(body).not.toHaveProperty('name');
  });

  it('[PAT-24] still takes removing nothing as no change', async () => {
    const before = await createUser(strict);

    const reply = await patch(strict, `/Users/${before.id}`, { op: 'remove', path: 'emails[type eq "fax"]' });

    expect(reply.body).toEqual(before);
  });
});
