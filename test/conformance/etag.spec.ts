// RFC 7644 §3.14: versions and conditional requests.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type Reply } from '../support/app.js';
import {
  createGroup,
  createUser,
  expectError,
  groupBody,
  NOBODY,
  patch,
  patchBody,
  read,
  references,
  revisionOf,
  userBody,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

const get = (path: string, headers = {}): Promise<Reply> => app.request('GET', path, undefined, headers);

const setTitle = (value: string): object => patchBody({ op: 'replace', path: 'title', value });

describe('the version', () => {
  it('[ETG-01, COM-07] is the ETag and meta.version of every single-resource answer', async () => {
    const created = await app.request('POST', '/Users', userBody());
    const path = `/Users/${created.body.id}`;
    const got = await get(path);
    const patched = await app.request('PATCH', path, setTitle('T'));
    const replaced = await app.request('PUT', path, userBody({ userName: created.body.userName }));

    for (const reply of [created, got, patched, replaced]) {
      expect(reply.headers.get('etag')).toBe(reply.body.meta.version);
      expect(reply.body.meta.version).toMatch(/^W\/"\d+"$/);
    }
  });

  it('[ETG-01] comes with the 204 of a group PATCH', async () => {
    const { id } = await createGroup(app);

    const reply = await patch(app, `/Groups/${id}`, { op: 'add', path: 'externalId', value: 'e' });

    expect(reply.status).toBe(204);
    expect(reply.headers.get('etag')).toBe((await read(app, `/Groups/${id}`)).meta.version);
  });

  it('[ETG-04] starts at 0 and grows with real changes only', async () => {
    const user = await createUser(app);
    const path = `/Users/${user.id}`;

    const changed = await app.request('PATCH', path, setTitle('T'));
    const same = await app.request('PATCH', path, setTitle('T'));
    const again = await app.request('PATCH', path, setTitle('U'));

    expect([user, changed.body, same.body, again.body].map(revisionOf)).toEqual([0, 1, 1, 2]);
  });

  it('[ETG-04] of a user does not move with its memberships', async () => {
    const user = await createUser(app);

    await createGroup(app, { members: references(user) });

    expect((await read(app, `/Users/${user.id}`)).meta).toEqual(user.meta);
  });

  it('[COM-07] stands in each resource of a list', async () => {
    const { id, meta } = await createUser(app);

    const list = await read(app, `/Users?filter=${encodeURIComponent(`id eq "${id}"`)}`);

    expect(list.Resources[0]?.meta.version).toBe(meta.version);
  });
});

describe('If-None-Match', () => {
  it('[ETG-02] answers 304 without a body when the version is the same', async () => {
    const { id, meta } = await createUser(app);

    const same = await get(`/Users/${id}`, { 'if-none-match': meta.version });
    const listed = await get(`/Users/${id}`, { 'if-none-match': `W/"99", ${meta.version}` });
    const other = await get(`/Users/${id}`, { 'if-none-match': 'W/"99"' });

    expect(same).toMatchObject({ status: 304, text: '' });
    expect(same.headers.get('etag')).toBe(meta.version);
    expect(listed.status).toBe(304);
    expect(other.status).toBe(200);
  });
});

describe('If-Match', () => {
  const writes: readonly [string, unknown][] = [
    ['PUT', userBody({ title: 'New' })],
    ['PATCH', setTitle('New')],
    ['DELETE', undefined],
  ];

  it.each(writes)(
    '[ETG-03] refuses %s of another version with 412 and changes nothing',
    async (method, body) => {
      const before = await createUser(app);

      const reply = await app.request(method, `/Users/${before.id}`, body, { 'if-match': 'W/"5"' });

      expectError(reply, 412);
      expect(await read(app, `/Users/${before.id}`)).toEqual(before);
    },
  );

  it.each([
    ['the version', 'W/"0"'],
    ['its strong spelling', '"0"'],
    ['a list that has it', 'W/"7", W/"0"'],
    ['*', '*'],
  ])('[ETG-03] writes with %s', async (_, tag) => {
    for (const [method, body] of [
      ['PUT', userBody()],
      ['PATCH', setTitle('New')],
      ['DELETE', undefined],
    ] as const) {
      const { id } = await createUser(app);
      const reply = await app.request(method, `/Users/${id}`, body, { 'if-match': tag });
      expect(reply.status).toBe(method === 'DELETE' ? 204 : 200);
    }
  });

  it('[ETG-03] needs an existing resource for *', async () => {
    const reply = await app.request('PATCH', `/Users/${NOBODY}`, setTitle('T'), { 'if-match': '*' });

    expect([404, 412]).toContain(reply.status);
  });

  it('[ETG-03] guards groups as well', async () => {
    const { id, displayName } = await createGroup(app);

    const stale = await app.request('PUT', `/Groups/${id}`, groupBody(), { 'if-match': 'W/"3"' });
    const fresh = await app.request('PUT', `/Groups/${id}`, groupBody(), { 'if-match': 'W/"0"' });

    expectError(stale, 412);
    expect(fresh.status).toBe(200);
    expect(fresh.body.displayName).not.toBe(displayName);
  });

  it('[ETG-03] lets one of two writers with the same version win', async () => {
    const { id } = await createUser(app);
    const write = (title: string): Promise<Reply> =>
      app.request('PATCH', `/Users/${id}`, setTitle(title), { 'if-match': 'W/"0"' });

    const replies = await Promise.all([write('A'), write('B')]);

    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  });
});

describe('parallel writes', () => {
  it('[ETG-05] are all kept when none names a version', async () => {
    const users = await Promise.all(Array.from({ length: 40 }, () => createUser(app)));
    const group = await createGroup(app);

    const replies = await Promise.all(
      users.map((user) =>
        patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(user) }),
      ),
    );

    expect(replies.filter(({ status }) => status !== 204)).toEqual([]);
    const { members, meta } = await read(app, `/Groups/${group.id}`);
    expect(members.map(({ value }) => value).toSorted()).toEqual(users.map(({ id }) => id).toSorted());
    expect(meta.version).toBe('W/"40"');
  });

  it('[ETG-05] on different attributes of one user are all kept', async () => {
    const { id } = await createUser(app);
    const values = { title: 'T', nickName: 'N', userType: 'U', locale: 'sk-SK', displayName: 'D' };

    await Promise.all(
      Object.entries(values).map(([path, value]) =>
        patch(app, `/Users/${id}`, { op: 'replace', path, value }),
      ),
    );

    expect(await read(app, `/Users/${id}`)).toMatchObject(values);
  });
});
