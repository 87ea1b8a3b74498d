// The audit tells every change and every refused write once, and no value that was refused.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  createGroup,
  createUser,
  ENTERPRISE,
  NOBODY,
  patch,
  patchBody,
  read,
  references,
  USER,
  userBody,
} from '../conformance/scim.js';
import type { AuditEntry } from '../../src/projections/audit/audit-entry.js';
import { startApp, type App } from '../support/app.js';
import { newDataDir, removeDataDir } from '../support/processes.js';

interface Page {
  readonly entries: readonly AuditEntry[];
  readonly nextCursor?: string;
}

type Query = Readonly<Record<string, string | number>>;

let app: App;

beforeAll(async () => {
  app = await startApp({ stores: 'sqlite' });
});

afterAll(() => app.stop());

async function page(query: Query = {}, of: App = app): Promise<Page> {
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const { status, body } = await of.admin('GET', `/audit?${text.join('&')}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as unknown as Page;
}

async function entriesOf(filter: string, of: App = app): Promise<readonly AuditEntry[]> {
  return (await page({ filter, count: 1000 }, of)).entries;
}

function about(id: string): Promise<readonly AuditEntry[]> {
  return entriesOf(`resource.id eq "${id}"`);
}

describe('one change is one entry', () => {
  it('for a create, with every attribute as set', async () => {
    const user = await createUser(app, { title: 'Engineer', name: { givenName: 'Ada' } });

    const [entry, ...more] = await about(user.id);

    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      operation: 'create',
      outcome: 'success',
      tenant: 'default',
      resource: { type: 'User', id: user.id, label: user.userName },
      actor: { kind: 'token', label: 'SCIM_TOKEN' },
      sentence: `SCIM_TOKEN created user "${user.userName}".`,
      stream: `scim.default.user-${user.id}`,
      revision: 0,
    });
    expect(entry?.changes).toContainEqual({ path: 'title', after: 'Engineer' });
    expect(entry?.changes).toContainEqual({ path: 'name.givenName', after: 'Ada' });
    expect(entry?.time).toBe(user.meta.created);
  });

  it('for a PATCH of several attributes, with what stood there before', async () => {
    const user = await createUser(app, { title: 'Engineer' });

    await patch(
      app,
      `/Users/${user.id}`,
      { op: 'replace', path: 'title', value: 'Manager' },
      { op: 'add', path: 'nickName', value: 'Boss' },
      { op: 'replace', path: 'userName', value: `${user.userName}-renamed` },
      { op: 'replace', path: 'active', value: false },
    );

    const entries = await about(user.id);
    expect(entries.map(({ operation }) => operation)).toEqual(['disable', 'create']);
    expect(entries[0]?.changes).toEqual(
      expect.arrayContaining([
        { path: 'title', before: 'Engineer', after: 'Manager' },
        { path: 'nickName', after: 'Boss' },
        { path: 'userName', before: user.userName, after: `${user.userName}-renamed` },
        { path: 'active', before: true, after: false },
      ]),
    );
    expect(entries[0]?.sentence).toContain(`disabled user "${user.userName}-renamed"`);
  });

  it('for a PUT', async () => {
    const user = await createUser(app, { title: 'Engineer', nickName: 'Al' });

    await app.request('PUT', `/Users/${user.id}`, userBody({ userName: user.userName, title: 'Boss' }));

    const [entry] = await about(user.id);
    expect(entry).toMatchObject({ operation: 'update', request: { method: 'PUT' } });
    expect(entry?.changes).toEqual(
      expect.arrayContaining([
        { path: 'title', before: 'Engineer', after: 'Boss' },
        { path: 'nickName', before: 'Al' },
      ]),
    );
  });

  it('for enabling, when nothing else changed', async () => {
    const user = await createUser(app, { active: false });

    await patch(app, `/Users/${user.id}`, { op: 'replace', path: 'active', value: true });

    expect((await about(user.id))[0]).toMatchObject({
      operation: 'enable',
      sentence: `SCIM_TOKEN enabled user "${user.userName}", active from false to true.`,
    });
  });

  it('for members that join and leave a group, by name', async () => {
    const [first, second, third] = [await createUser(app), await createUser(app), await createUser(app)];
    const group = await createGroup(app, { members: references(first, third) });

    await patch(
      app,
      `/Groups/${group.id}`,
      { op: 'add', path: 'members', value: references(second) },
      { op: 'remove', path: `members[value eq "${first.id}"]` },
    );

    const [entry, created] = await about(group.id);
    expect(created).toMatchObject({
      operation: 'create',
      membersAdded: [{ id: first.id }, { id: third.id }],
    });
    expect(entry).toMatchObject({
      operation: 'update',
      membersAdded: [{ type: 'User', id: second.id, label: second.userName }],
      membersRemoved: [{ type: 'User', id: first.id, label: first.userName }],
    });
  });

  it('for the last member that leaves a group, by name', async () => {
    const user = await createUser(app);
    const group = await createGroup(app, { members: references(user) });

    await patch(app, `/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${user.id}"]` });

    expect((await about(group.id))[0]).toMatchObject({
      operation: 'update',
      membersRemoved: [{ type: 'User', id: user.id, label: user.userName }],
      sentence: `SCIM_TOKEN changed group "${group.displayName}": removed 1 member (${user.userName}).`,
    });
  });

  it('for more members than one event holds, and for emptying the group again', async () => {
    const users = await Promise.all(Array.from({ length: 510 }, () => createUser(app)));
    const group = await createGroup(app, { members: references(...users) });

    await patch(app, `/Groups/${group.id}`, { op: 'remove', path: 'members' });

    const [cleared, created, ...more] = await about(group.id);
    expect(more).toEqual([]);
    expect(created?.membersAdded?.map(({ id }) => id).toSorted()).toEqual(
      users.map(({ id }) => id).toSorted(),
    );
    expect(created?.revision).toBeGreaterThan(0);
    expect(cleared).toMatchObject({ operation: 'update', membersCleared: 510 });
    expect(cleared?.sentence).toBe(
      `SCIM_TOKEN changed group "${group.displayName}": removed all 510 members.`,
    );
  });

  it('for a deletion, naming the groups that were left', async () => {
    const user = await createUser(app);
    const [one, two] = [
      await createGroup(app, { members: references(user) }),
      await createGroup(app, { members: references(user) }),
    ];
    const left = await createGroup(app, { members: references(user) });
    await patch(app, `/Groups/${left.id}`, { op: 'remove', path: `members[value eq "${user.id}"]` });

    await app.request('DELETE', `/Users/${user.id}`);

    const [entry] = await about(user.id);
    expect(entry).toMatchObject({ operation: 'delete', resource: { label: user.userName } });
    expect(entry?.groupsLeft?.map(({ id }) => id).toSorted()).toEqual([one.id, two.id].toSorted());
    expect(entry?.sentence).toContain(one.displayName);
  });

  it('and a write that changes nothing is none', async () => {
    const user = await createUser(app, { title: 'Engineer' });

    const reply = await patch(app, `/Users/${user.id}`, { op: 'replace', path: 'title', value: 'Engineer' });

    expect(reply.body.meta.version).toBe(user.meta.version);
    expect(await about(user.id)).toHaveLength(1);
  });

  it('and a read is none', async () => {
    const user = await createUser(app);
    const before = (await page({ count: 1 })).entries[0]?.id;

    await read(app, `/Users/${user.id}`);
    await read(app, '/Users?filter=userName%20pr');
    await app.request('GET', `/Users/${NOBODY}`);

    expect((await page({ count: 1 })).entries[0]?.id).toBe(before);
  });

  it('for each of many at once, none twice', async () => {
    const users = await Promise.all(Array.from({ length: 50 }, () => createUser(app, { title: 'Crowd' })));

    const { entries } = await page({ count: 1000 });

    const ids = entries.map(({ resource }) => resource.id);
    for (const { id } of users) expect(ids.filter((other) => other === id)).toHaveLength(1);
  });
});

describe('an entry of a request', () => {
  it('has its id, its path without the query, and the correlation headers of the client', async () => {
    const correlation = {
      'x-ms-correlation-id': '0d5c1d3f-6a0e-4b5d-9f0a-111111111111',
      'x-ms-request-id': '0d5c1d3f-6a0e-4b5d-9f0a-222222222222',
      'client-request-id': '0d5c1d3f-6a0e-4b5d-9f0a-333333333333',
    };

    const { body } = await app.request('POST', '/Users?attributes=userName', userBody(), {
      ...correlation,
      'user-agent': 'entra-test',
    });

    const [entry] = await about(body.id);
    expect(entry?.request).toMatchObject({
      method: 'POST',
      path: '/scim/v2/Users',
      ip: '127.0.0.1',
      userAgent: 'entra-test',
      correlation,
    });
    expect(entry?.request?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(entry?.correlationId).toBe(entry?.request?.id);
    expect(await entriesOf(`request.id eq "${entry?.request?.id}"`)).toEqual([entry]);
  });

  it('names the leniencies that the request needed, and only those', async () => {
    const user = await createUser(app);

    await patch(app, `/Users/${user.id}`, { op: 'Replace', path: 'active', value: 'False' });
    await patch(app, `/Users/${user.id}`, { op: 'replace', path: 'title', value: 'Plain' });

    const [plain, lenient] = await about(user.id);
    expect(lenient?.leniencies).toEqual(['booleanAsString']);
    expect(plain?.leniencies).toEqual([]);
    expect((await entriesOf('leniencies eq "booleanAsString"')).map(({ id }) => id)).toContain(lenient?.id);
  });
});

describe('a search', () => {
  let search: App;
  let times: readonly string[];

  beforeAll(async () => {
    search = await startApp({ stores: 'sqlite' });
    for (let index = 0; index < 30; index += 1) {
      await createUser(search, { title: index % 2 === 0 ? 'Even' : 'Odd' });
    }
    times = (await page({ count: 1000 }, search)).entries.map(({ time }) => time);
  });

  afterAll(() => search.stop());

  it('gives the newest entry first', () => {
    expect(times.length).toBeGreaterThanOrEqual(32);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it.each([1, 3, 7, 100])('gives every entry once in pages of %i', async (count) => {
    const whole = await page({ count: 1000 }, search);

    const found: AuditEntry[] = [];
    let cursor: string | undefined;
    do {
      const next: Page = await page({ count, ...(cursor === undefined ? {} : { cursor }) }, search);
      expect(next.entries.length).toBeLessThanOrEqual(count);
      found.push(...next.entries);
      cursor = next.nextCursor;
    } while (cursor !== undefined);

    expect(found).toEqual(whole.entries);
  });

  it('gives neither gap nor duplicate when entries are added between two pages', async () => {
    const filter = 'changes[path eq "title" and after eq "Even"]';
    const first = await page({ filter, count: 5 }, search);
    await createUser(search, { title: 'Even' });
    const second = await page({ filter, count: 10, cursor: first.nextCursor ?? '' }, search);

    const found = [...first.entries, ...second.entries].map(({ id }) => id);
    expect(found).toHaveLength(15);
    expect(new Set(found).size).toBe(15);
    expect(second.nextCursor).toBeUndefined();
  });

  it('takes a span of time, its start included and its end not', async () => {
    const [until, since] = [times[10] ?? '', times[20] ?? ''];

    const { entries } = await page({ since, until, count: 1000 }, search);

    const expected = times.filter((time) => time >= since && time < until);
    expect(entries.map(({ time }) => time)).toEqual(expected);
    expect(await page({ since: '2999-01-01T00:00:00Z' }, search)).toEqual({ entries: [] });
  });

  it.each([
    ['operation eq "create" and outcome eq "success"', 30],
    ['operation eq "CREATE"', 30],
    ['resource.type eq "Tenant" or resource.type eq "Token"', 2],
    ['actor.kind eq "system"', 2],
    ['changes.path eq "title" and not (changes.after eq "Even")', 15],
    ['resource.label sw "user-"', 30],
    ['sentence co "registered tenant"', 1],
    ['request.method eq "POST"', 30],
    ['revision gt 0', 0],
    ['time gt "2020-01-01T00:00:00Z"', 32],
  ])('finds what matches %s', async (filter, count) => {
    const until = times[0] ?? '';
    const newest = (await page({ filter, since: until, count: 1000 }, search)).entries;
    const older = (await page({ filter, until, count: 1000 }, search)).entries;

    const beforeTheLast = [...newest, ...older].filter(({ time }) => time <= until);
    expect(beforeTheLast).toHaveLength(count);
  });

  it.each([
    ['filter=operation%20is%20%22create%22', 400],
    ['filter=nothing%20eq%20%22x%22', 400],
    ['since=yesterday', 400],
    ['cursor=%3F%3F', 400],
    ['count=0', 400],
    ['count=100000', 400],
    ['colour=red', 400],
  ])('refuses %s', async (query, status) => {
    expect((await search.admin('GET', `/audit?${query}`)).status).toBe(status);
  });

  it('needs the admin token', async () => {
    for (const authorization of [null, `Bearer ${search.token}`]) {
      const { status } = await search.admin('GET', '/audit', undefined, { authorization });
      expect(status).toBe(401);
    }
  });
});

describe('what happens to tenants and tokens', () => {
  it('is told', async () => {
    const issued = await app.admin('POST', '/tenants/default/tokens', { name: 'night shift' });
    await app.admin('DELETE', `/tenants/default/tokens/${issued.body.id}`);
    await app.admin('DELETE', `/tenants/default/tokens/${issued.body.id}`);

    const entries = await about(issued.body.id);

    // Revoking it again changes nothing.
    expect(entries.map(({ sentence }) => sentence)).toEqual([
      'Administrator revoked token "night shift".',
      'Administrator issued token "night shift".',
    ]);
    expect(JSON.stringify(entries)).not.toContain(issued.body['secret']);
    expect(await entriesOf('operation eq "registerTenant"')).toMatchObject([
      { actor: { kind: 'system' }, resource: { type: 'Tenant', id: 'default' } },
    ]);
  });
});

describe('the use cases of RFC 7642 §3', () => {
  it('[SEC-12] leave their trace, whoever acted: every identity action can be exported', async () => {
    const own = await startApp();
    const user = await createUser(own);
    await patch(own, `/Users/${user.id}`, { op: 'replace', path: 'title', value: 'x' });
    await patch(own, `/Users/${user.id}`, { op: 'replace', path: 'active', value: false });
    await patch(own, `/Users/${user.id}`, { op: 'replace', path: 'active', value: true });
    const group = await createGroup(own, { members: references(user) });
    await own.request('DELETE', `/Users/${user.id}`);
    await own.request('DELETE', `/Groups/${group.id}`);
    await own.request('DELETE', `/Groups/${group.id}`);

    const { body } = await own.admin('GET', '/audit?count=1000');

    await own.stop();
    const entries = body['entries'] as readonly AuditEntry[];
    expect(
      entries.map(({ actor, operation, outcome, resource }) => [
        actor.kind,
        operation,
        resource.type,
        outcome,
      ]),
    ).toEqual([
      ['token', 'delete', 'Group', 'refused'],
      ['token', 'delete', 'Group', 'success'],
      ['token', 'delete', 'User', 'success'],
      ['token', 'create', 'Group', 'success'],
      ['token', 'enable', 'User', 'success'],
      ['token', 'disable', 'User', 'success'],
      ['token', 'update', 'User', 'success'],
      ['token', 'create', 'User', 'success'],
      ['system', 'issueToken', 'Token', 'success'],
      ['system', 'registerTenant', 'Tenant', 'success'],
    ]);
  });
});

describe('a refused write', () => {
  let refusing: App;
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await newDataDir();
    refusing = await startApp({ dataDir, stores: 'sqlite' });
  });

  afterAll(async () => {
    await refusing.stop();
    await removeDataDir(dataDir);
  });

  async function newest(): Promise<AuditEntry | undefined> {
    return (await page({ count: 1 }, refusing)).entries[0];
  }

  it('is told with its status and attribute, and only a fingerprint of the name', async () => {
    const user = await createUser(refusing, { userName: 'already.taken@example.com' });

    const reply = await refusing.request(
      'POST',
      '/Users',
      userBody({ userName: 'Already.Taken@example.com' }),
    );

    expect(reply.status).toBe(409);
    const entry = await newest();
    expect(entry).toMatchObject({
      operation: 'create',
      outcome: 'refused',
      resource: { type: 'User', id: '', label: '' },
      refusal: { status: 409, scimType: 'uniqueness', attribute: 'userName' },
      changes: [],
      sentence:
        'SCIM_TOKEN tried to create a user and was refused: userName was already in use (409 uniqueness).',
    });
    expect(entry?.refusal?.fingerprints['userName']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(entry)).not.toMatch(/taken/i);
    expect(user.id).toBeDefined();
  });

  it('of the same name in another letter case has the same fingerprint, another name another', async () => {
    await createUser(refusing, { userName: 'print-one' });
    await createUser(refusing, { userName: 'print-two' });
    const prints: (string | undefined)[] = [];
    for (const userName of ['print-one', 'PRINT-ONE', 'print-two']) {
      await refusing.request('POST', '/Users', userBody({ userName }));
      prints.push((await newest())?.refusal?.fingerprints['userName']);
    }

    expect(prints[0]).toBe(prints[1]);
    expect(prints[2]).not.toBe(prints[0]);
  });

  it('on a resource names the resource as it is called', async () => {
    const user = await createUser(refusing);

    const headers = { 'if-match': 'W/"7"' };
    await refusing.request('PATCH', `/Users/${user.id}`, patchBody({ op: 'remove', path: 'title' }), headers);

    expect(await newest()).toMatchObject({
      operation: 'update',
      resource: { type: 'User', id: user.id, label: user.userName },
      refusal: { status: 412 },
    });
  });

  it.each([
    ['an invalid value', 'POST', '/Users', { schemas: [USER], userName: 'x', emails: 'SECRET' }],
    ['a wrong type', 'POST', '/Users', { schemas: [USER], userName: 'x', active: 'SECRET' }],
    ['no userName', 'POST', '/Users', { schemas: [USER], title: 'SECRET' }],
    ['broken JSON', 'POST', '/Users', '{"userName":"SECRET'],
    ['a path without target', 'PATCH', '/Users/{id}', addAt('members[value eq "SECRET"].type')],
    ['a filter on a simple attribute', 'PATCH', '/Users/{id}', addAt('title[value eq "SECRET"].type')],
    ['an unknown path', 'PATCH', '/Users/{id}', addAt('SECRET')],
    ['a path that is no path', 'PATCH', '/Users/{id}', addAt('SECRET@example.com eq "x"')],
    ['a broken filter in a path', 'PATCH', '/Users/{id}', addAt('emails[value eq SECRET SECRET]')],
    ['a filter in a path of groups', 'PATCH', '/Groups/{group}', addAt('members[display eq "SECRET"].x')],
    ['an unknown member', 'POST', '/Groups', { displayName: 'x', members: [{ value: 'SECRET' }] }],
    ['an extension', 'POST', '/Users', { schemas: [USER, ENTERPRISE], [ENTERPRISE]: 'SECRET' }],
    ['a userName where the id belongs', 'DELETE', '/Users/SECRET%40example.com', undefined],
    ['an endpoint that is none', 'POST', '/SECRET', {}],
  ])('keeps no value of %s', async (_, method, template, body) => {
    const user = await createUser(refusing);
    const group = await createGroup(refusing);
    const path = template.replace('{id}', user.id).replace('{group}', group.id);

    const reply = await refusing.request(method, path, body);

    expect(reply.status).toBeGreaterThanOrEqual(400);
    const entry = await newest();
    expect(entry).toMatchObject({ outcome: 'refused', refusal: { status: reply.status } });
    expect(JSON.stringify(entry)).not.toMatch(/secret/i);
  });

  it('without a valid token, or that is only a read, is not told', async () => {
    const before = await newest();

    await refusing.request('POST', '/Users', userBody(), { authorization: 'Bearer nobody' });
    await refusing.request('GET', `/Users/${NOBODY}`);
    await refusing.request('POST', '/Users/.search', { filter: 'nothing' });

    expect(await newest()).toEqual(before);
  });

  it('is told at most sixty times a minute, the rest by their number', async () => {
    const dir = await newDataDir();
    const flooded = await startApp({ dataDir: dir, stores: 'sqlite' });
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => flooded.request('DELETE', `/Users/${NOBODY}`)),
    );
    const told = await entriesOf('outcome eq "refused"', flooded);
    // The count is written at the end of the minute, or when the server stops.
    await flooded.stop();
    const again = await startApp({ dataDir: dir, stores: 'sqlite' });
    const suppressed = await entriesOf('operation eq "suppressRefusals"', again);
    await again.stop();
    await removeDataDir(dir);

    expect(replies.every(({ status }) => status === 404)).toBe(true);
    expect(told).toHaveLength(60);
    expect(suppressed).toMatchObject([{ resource: { type: 'Tenant', label: '40 refusals' } }]);
  });
});

function addAt(path: string) {
  return patchBody({ op: 'add', path, value: 'SECRET' });
}
