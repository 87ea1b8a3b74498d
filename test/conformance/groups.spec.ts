// RFC 7643 §4.2 and the membership rows: groups, their members, and what users show of them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type MultiValue, type ScimBody } from '../support/app.js';
import {
  createGroup,
  createUser,
  ENTERPRISE,
  expectError,
  filtered,
  find,
  GROUP,
  groupBody,
  NOBODY,
  patch,
  read,
  references,
  revisionOf,
  unique,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

const valuesOf = (values: readonly MultiValue[] | undefined): string[] =>
  (values ?? []).map(({ value }) => value).toSorted();

const rename = (): Record<string, unknown> => ({
  op: 'replace',
  path: 'displayName',
  value: unique('Renamed'),
});

const membersOf = async (group: { readonly id: string }): Promise<string[]> =>
  valuesOf((await read(app, `/Groups/${group.id}`)).members);

const sortedIds = (...resources: readonly ScimBody[]): string[] => resources.map(({ id }) => id).toSorted();

describe('group attributes', () => {
  it.each([
    ['missing', {}],
    ['null', { displayName: null }],
    ['empty', { displayName: '' }],
  ])('[RES-16] refuses a displayName that is %s', async (_, attributes) => {
    const reply = await app.request('POST', '/Groups', { schemas: [GROUP], ...attributes });

    expectError(reply, 400, 'invalidValue');
    expect(reply.body.detail).toContain('displayName');
  });

  it('[POS-01, POS-06] creates a group with its members', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];

    const reply = await app.request('POST', '/Groups', groupBody({ members: references(first, second) }));

    expect(reply.status).toBe(201);
    expect(reply.body.meta.resourceType).toBe('Group');
    expect(valuesOf(reply.body.members)).toEqual(sortedIds(first, second));
  });

  it('[ATT-16] keeps displayName unique, whatever its letter case', async () => {
    const displayName = unique('Bakers');
    await createGroup(app, { displayName });

    expectError(
      await app.request('POST', '/Groups', groupBody({ displayName: displayName.toUpperCase() })),
      409,
      'uniqueness',
    );
  });

  it('[DEL-03] frees the name of a deleted group', async () => {
    const { id, displayName } = await createGroup(app);
    await app.request('DELETE', `/Groups/${id}`);

    expect((await createGroup(app, { displayName })).id).not.toBe(id);
  });
});

describe('members', () => {
  it('[RES-03, RES-04] shows the membership on the user, with id, URI, name and type', async () => {
    const user = await createUser(app);
    const group = await createGroup(app, { members: references(user) });

    const { groups } = await read(app, `/Users/${user.id}`);

    expect(groups).toEqual([
      { value: group.id, $ref: group.meta.location, display: group.displayName, type: 'direct' },
    ]);
  });

  it('[RES-18, ATT-22] gives each member its id and an absolute URI that resolves', async () => {
    const user = await createUser(app, { displayName: 'Shown' });
    const { id } = await createGroup(app, { members: references(user) });

    const [member] = (await read(app, `/Groups/${id}`)).members;

    expect(member).toMatchObject({ value: user.id, type: 'User', $ref: user.meta.location });
    expect((await read(app, member!.$ref)).id).toBe(user.id);
  });

  it('[RES-07] takes groups as members and terminates on a cycle', async () => {
    const user = await createUser(app);
    const inner = await createGroup(app, { members: references(user) });
    const outer = await createGroup(app, { members: references(inner) });
    await patch(app, `/Groups/${inner.id}`, { op: 'add', path: 'members', value: references(outer) });

    expect(await membersOf(outer)).toEqual([inner.id]);
    expect(await membersOf(inner)).toEqual(sortedIds(user, outer));
    const { groups } = await read(app, `/Users/${user.id}`);
    expect(groups).toContainEqual(expect.objectContaining({ value: inner.id, type: 'direct' }));
    expect(groups).toContainEqual(expect.objectContaining({ value: outer.id, type: 'indirect' }));
  });

  it('[RES-08] refuses a member that does not exist, naming it', async () => {
    const { id } = await createGroup(app);

    const onCreate = await app.request('POST', '/Groups', groupBody({ members: [{ value: NOBODY }] }));
    const onAdd = await patch(app, `/Groups/${id}`, {
      op: 'add',
      path: 'members',
      value: [{ value: NOBODY }],
    });

    for (const reply of [onCreate, onAdd]) {
      expectError(reply, 400, 'invalidValue');
      expect(reply.body.detail).toContain('members');
    }
  });

  it('[RES-07] refuses a group as its own member, by PATCH and by PUT', async () => {
    const group = await createGroup(app);
    const self = references(group);

    const replies = [
      await patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: self }),
      await patch(app, `/Groups/${group.id}`, { op: 'replace', value: { members: self } }),
      await app.request(
        'PUT',
        `/Groups/${group.id}`,
        groupBody({ displayName: group.displayName, members: self }),
      ),
    ];

    for (const reply of replies) {
      expectError(reply, 400, 'invalidValue');
      expect(reply.body.detail).toContain('members');
      expect(reply.body.detail).toContain('its own member');
    }
    expect((await read(app, `/Groups/${group.id}`)).members).toBeUndefined();
  });

  it('[RES-07] leaves a created group no way to name itself: its id is the server’s', async () => {
    const body = groupBody({ id: NOBODY, members: [{ value: NOBODY }] });

    const reply = await app.request('POST', '/Groups', body);

    expectError(reply, 400, 'invalidValue');
    expect(reply.body.detail).toContain('members');
  });

  it('[RES-18] refuses a member without a value', async () => {
    expectError(
      await app.request('POST', '/Groups', groupBody({ members: [{ display: 'x' }] })),
      400,
      'invalidValue',
    );
  });

  it('[RES-09] drops a deleted user from its groups and as manager', async () => {
    const [boss, other] = [await createUser(app), await createUser(app)];
    const report = await createUser(app, { [ENTERPRISE]: { department: 'D', manager: { value: boss.id } } });
    const group = await createGroup(app, { members: references(boss, other) });

    await app.request('DELETE', `/Users/${boss.id}`);

    expect(await membersOf(group)).toEqual([other.id]);
    expect((await read(app, `/Users/${report.id}`))[ENTERPRISE]).toEqual({ department: 'D' });
    expect(await find(app, '/Users', `${ENTERPRISE}:manager.value eq "${boss.id}"`)).toEqual([]);
  });

  it('[RES-09] drops a deleted group from the groups it was nested in', async () => {
    const inner = await createGroup(app);
    const outer = await createGroup(app, { members: references(inner) });

    await app.request('DELETE', `/Groups/${inner.id}`);

    expect(await membersOf(outer)).toEqual([]);
  });

  it('[RES-12] refuses to change memberships through the user', async () => {
    const { id } = await createUser(app);
    const group = await createGroup(app);

    for (const op of ['add', 'replace', 'remove']) {
      const reply = await patch(app, `/Users/${id}`, { op, path: 'groups', value: references(group) });
      expectError(reply, 400, 'mutability');
    }
    expect(await membersOf(group)).toEqual([]);
  });

  it('[RES-18] refuses to change a sub-attribute of a member', async () => {
    const [user, other] = [await createUser(app), await createUser(app)];
    const { id } = await createGroup(app, { members: references(user) });
    const path = `members[value eq "${user.id}"].value`;

    expectError(
      await patch(app, `/Groups/${id}`, { op: 'replace', path, value: other.id }),
      400,
      'mutability',
    );
  });

  it('[RES-19] ignores a display sent with a member, and refuses a path that names it', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app);
    const value = [{ value: user.id, display: 'Invented' }];

    const added = await patch(app, `/Groups/${id}`, { op: 'add', path: 'members', value });
    const path = `members[value eq "${user.id}"].display`;
    const named = await patch(app, `/Groups/${id}`, { op: 'replace', path, value: 'Invented' });

    expect(added.status).toBe(204);
    expectError(named, 400, 'mutability');
    expect((await read(app, `/Groups/${id}`)).members[0]?.display).not.toBe('Invented');
  });

  it('[ATT-25] takes a member $ref with or without the version segment', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app);
    const value = [{ value: user.id, $ref: user.meta.location.replace('/v2/', '/') }];

    const reply = await patch(app, `/Groups/${id}`, { op: 'add', path: 'members', value });

    expect(reply.status).toBe(204);
    expect((await read(app, `/Groups/${id}`)).members[0]?.$ref).toBe(user.meta.location);
  });

  it('[PAT-14] adds several members at once, and a single object as well', async () => {
    const [first, second, third] = [await createUser(app), await createUser(app), await createUser(app)];
    const group = await createGroup(app);

    await patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(first, second) });
    await patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: { value: third.id } });

    expect(await membersOf(group)).toEqual(sortedIds(first, second, third));
  });

  it('[PAT-15, COM-05] changes nothing when the member is there already', async () => {
    const user = await createUser(app);
    const { id, meta } = await createGroup(app, { members: references(user) });

    const reply = await patch(app, `/Groups/${id}`, { op: 'add', path: 'members', value: references(user) });

    expect(reply.status).toBe(204);
    expect((await read(app, `/Groups/${id}`)).meta).toEqual(meta);
  });

  it('[PAT-20] removes all members when neither value nor filter says which', async () => {
    const group = await createGroup(app, {
      members: references(await createUser(app), await createUser(app)),
    });

    await patch(app, `/Groups/${group.id}`, { op: 'remove', path: 'members' });

    expect(await membersOf(group)).toEqual([]);
  });

  it('[PAT-21] removes the members a filter selects', async () => {
    const [first, second, third] = [await createUser(app), await createUser(app), await createUser(app)];
    const group = await createGroup(app, { members: references(first, second, third) });
    const path = `members[value eq "${first.id}" or value eq "${second.id}"]`;

    await patch(app, `/Groups/${group.id}`, { op: 'remove', path });

    expect(await membersOf(group)).toEqual([third.id]);
  });

  it('[PAT-24] takes removing a member that is not in the group as no change', async () => {
    const [user, stranger] = [await createUser(app), await createUser(app)];
    const { id, meta } = await createGroup(app, { members: references(user) });

    const reply = await patch(app, `/Groups/${id}`, {
      op: 'remove',
      path: `members[value eq "${stranger.id}"]`,
    });

    expect(reply.status).toBe(204);
    expect((await read(app, `/Groups/${id}`)).meta).toEqual(meta);
  });

  it('[PAT-28] replaces the whole list', async () => {
    const [first, second, third] = [await createUser(app), await createUser(app), await createUser(app)];
    const group = await createGroup(app, { members: references(first, second) });

    await patch(app, `/Groups/${group.id}`, {
      op: 'replace',
      path: 'members',
      value: references(second, third),
    });

    expect(await membersOf(group)).toEqual(sortedIds(second, third));
  });

  it('[PAT-04] applies add and remove of the same member in order', async () => {
    const user = await createUser(app);
    const group = await createGroup(app);
    const add = { op: 'add', path: 'members', value: references(user) };
    const remove = { op: 'remove', path: `members[value eq "${user.id}"]` };

    await patch(app, `/Groups/${group.id}`, add, remove);
    const afterRemove = await membersOf(group);
    await patch(app, `/Groups/${group.id}`, remove, add);

    expect([afterRemove, await membersOf(group)]).toEqual([[], [user.id]]);
  });

  it('[PAT-03] leaves the members alone when a later operation fails', async () => {
    const user = await createUser(app);
    const group = await createGroup(app);

    const reply = await patch(
      app,
      `/Groups/${group.id}`,
      { op: 'add', path: 'members', value: references(user) },
      { op: 'replace', path: 'displayName', value: '' },
    );

    expect(reply.status).toBe(400);
    expect(await membersOf(group)).toEqual([]);
    expect(revisionOf(await read(app, `/Groups/${group.id}`))).toBe(0);
  });

  it('[PAT-26, PAT-11] adds and replaces members without a path', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];
    const group = await createGroup(app);

    await patch(app, `/Groups/${group.id}`, { op: 'add', value: { members: references(first) } });
    await patch(app, `/Groups/${group.id}`, { op: 'add', value: { members: references(second) } });
    const both = await membersOf(group);
    await patch(app, `/Groups/${group.id}`, { op: 'replace', value: { members: references(first) } });

    expect(both).toEqual(sortedIds(first, second));
    expect(await membersOf(group)).toEqual([first.id]);
  });

  it('[PUT-01, PUT-03] replaces name and members, and clears members left out', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];
    const group = await createGroup(app, { members: references(first) });
    const { displayName } = group;

    await app.request('PUT', `/Groups/${group.id}`, groupBody({ displayName, members: references(second) }));
    const replaced = await membersOf(group);
    await app.request('PUT', `/Groups/${group.id}`, groupBody({ displayName }));

    expect(replaced).toEqual([second.id]);
    expect(await membersOf(group)).toEqual([]);
  });

  it('[PUT-09] leaves the version alone when the same members come in another order', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];
    const { id, displayName, meta } = await createGroup(app, { members: references(first, second) });

    const { body } = await app.request(
      'PUT',
      `/Groups/${id}`,
      groupBody({ displayName, members: references(second, first) }),
    );

    expect(body.meta).toEqual(meta);
  });

  it('[FIL-11, FIL-12] finds groups by a member in every form of the filter', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app, { members: references(user) });
    await createGroup(app, { members: references(await createUser(app)) });

    for (const filter of [
      `members eq "${user.id}"`,
      `members.value eq "${user.id}"`,
      `members[value eq "${user.id}"]`,
      `members[value eq "${user.id}" and type eq "User"]`,
    ]) {
      expect(await find(app, '/Groups', filter)).toEqual([id]);
    }
  });

  it('[ATT-02, FIL-08] takes $ref in a filter', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app, { members: references(user) });

    expect(await find(app, '/Groups', `members.$ref pr and id eq "${id}"`)).toEqual([id]);
  });

  it('[SEL-07] leaves excluded members absent, by id and in lists', async () => {
    const { id, displayName } = await createGroup(app, { members: references(await createUser(app)) });

    const one = await read(app, `/Groups/${id}?excludedAttributes=members`);
    const list = await read(
      app,
      filtered('/Groups', `displayName eq "${displayName}"`, '&excludedAttributes=members'),
    );

    expect(one).not.toHaveProperty('members');
    expect(list.Resources[0]).not.toHaveProperty('members');
  });

  it('[SEL-04] selects a sub-attribute of members', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app, { members: references(user) });

    expect((await read(app, `/Groups/${id}?attributes=members.value`)).members).toEqual([{ value: user.id }]);
  });

  it('[PAT-05, SEL-08] answers 204 with the ETag, or 200 when attributes are asked for', async () => {
    const { id } = await createGroup(app);

    const plain = await patch(app, `/Groups/${id}`, rename());
    const excluded = await app.request('PATCH', `/Groups/${id}?excludedAttributes=members`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [rename()],
    });
    const selected = await patch(app, `/Groups/${id}?attributes=displayName`, rename());

    expect(plain).toMatchObject({ status: 204, text: '' });
    expect(plain.headers.get('etag')).toBe('W/"1"');
    expect([200, 204]).toContain(excluded.status);
    expect(selected.status).toBe(200);
    expect(Object.keys(selected.body).toSorted()).toEqual(['displayName', 'id', 'schemas']);
  });

  it('[PAT-14, RES-03] takes a thousand members in one PATCH and removes half of them in another', async () => {
    const users: ScimBody[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      users.push(...(await Promise.all(Array.from({ length: 50 }, () => createUser(app)))));
    }
    const group = await createGroup(app);

    const added = await patch(app, `/Groups/${group.id}`, {
      op: 'Add',
      path: 'members',
      value: references(...users),
    });
    const removed = await patch(app, `/Groups/${group.id}`, {
      op: 'Remove',
      path: 'members',
      value: references(...users.slice(0, 500)),
    });

    expect([added.status, removed.status]).toEqual([204, 204]);
    expect(await membersOf(group)).toEqual(sortedIds(...users.slice(500)));
  });
});

describe('under the strict profile', () => {
  let strict: App;

  beforeAll(async () => {
    strict = await startApp({ profile: 'strict' });
  });

  afterAll(() => strict.stop());

  it('[PAT-20] removes every member although a value array is given', async () => {
    const [first, second] = [await createUser(strict), await createUser(strict)];
    const { id } = await createGroup(strict, { members: references(first, second) });

    const reply = await patch(strict, `/Groups/${id}`, {
      op: 'remove',
      path: 'members',
      value: references(first),
    });

    expect(reply.status).toBe(204);
    expect(valuesOf((await read(strict, `/Groups/${id}`)).members)).toEqual([]);
  });
});
