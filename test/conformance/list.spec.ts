// RFC 7644 §3.4.2 – §3.4.3 and §3.9: lists, paging, sorting, selecting attributes, .search.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type Reply, type ScimBody } from '../support/app.js';
import {
  createGroup,
  createUser,
  ENTERPRISE,
  expectError,
  filtered,
  LIST_RESPONSE,
  patch,
  read,
  references,
  SEARCH_REQUEST,
  USER,
} from './scim.js';

let app: App;
const users: ScimBody[] = [];

beforeAll(async () => {
  app = await startApp();
  const names = ['delta', 'Alpha', 'charlie', 'Bravo', 'echo', 'Éclair', 'foxtrot'];
  for (const [index, displayName] of names.entries()) {
    users.push(
      await createUser(app, {
        userName: `${displayName.toLowerCase()}@list.example`,
        displayName,
        ...(index % 2 === 0 ? { title: `T${9 - index}`, externalId: index === 0 ? 'b' : 'B' } : {}),
        name: { familyName: `F${index}`, givenName: 'G' },
        emails: [
          { type: 'home', value: `${index}@home.example` },
          { type: 'work', value: `${9 - index}@work.example`, primary: true },
        ],
        [ENTERPRISE]: { department: 'D', costCenter: `C${index}` },
      }),
    );
  }
});

afterAll(() => app.stop());

const namesIn = ({ Resources }: ScimBody): string[] => Resources.map(({ displayName }) => displayName);

async function sorted(sortBy: string, sortOrder?: string): Promise<string[]> {
  const order = sortOrder === undefined ? '' : `&sortOrder=${sortOrder}`;
  return namesIn(await read(app, `/Users?sortBy=${encodeURIComponent(sortBy)}${order}`));
}

const select = (query: string): Promise<ScimBody> => read(app, `/Users/${users[0]!.id}?${query}`);

const keys = (body: ScimBody): string[] => Object.keys(body).toSorted();

const search = (endpoint: string, request: Record<string, unknown>): Promise<Reply> =>
  app.request('POST', `${endpoint}/.search`, { schemas: [SEARCH_REQUEST], ...request });

describe('ListResponse', () => {
  it('[GET-02] always has all five members', async () => {
    for (const path of ['/Users', filtered('/Users', 'userName eq "nobody"'), '/Users?count=0']) {
      const list = await read(app, path);
      expect(Object.keys(list).toSorted()).toEqual([
        'Resources',
        'itemsPerPage',
        'schemas',
        'startIndex',
        'totalResults',
      ]);
      expect(list.schemas).toEqual([LIST_RESPONSE]);
    }
  });

  it('[GET-03] answers no match with 200 and an empty list', async () => {
    const list = await read(app, filtered('/Users', 'userName eq "nobody"'));

    expect(list).toMatchObject({ totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] });
  });

  it('[GET-04] gives each resource schemas, id and meta', async () => {
    const { Resources } = await read(app, '/Users');

    expect(Resources).toHaveLength(users.length);
    for (const user of Resources) {
      expect(user).toMatchObject({ schemas: expect.arrayContaining([USER]), meta: { resourceType: 'User' } });
      expect(user).toEqual(await read(app, `/Users/${user.id}`));
    }
  });

  it('[GET-05] queries all types at the root', async () => {
    const group = await createGroup(app);

    const onlyUsers = await read(app, filtered('/', 'meta.resourceType eq "User"'));
    const onlyGroups = await read(app, filtered('/', 'meta.resourceType eq "Group"'));
    const both = await read(
      app,
      filtered('/', 'meta.resourceType eq "User" or meta.resourceType eq "Group"'),
    );

    expect(onlyUsers.totalResults).toBe(users.length);
    expect(onlyGroups.Resources.map(({ id }) => id)).toEqual([group.id]);
    expect(both.totalResults).toBe(users.length + 1);
    await app.request('DELETE', `/Groups/${group.id}`);
  });

  it('[GET-06] rejects a root query that matches too much, and pages the same at one endpoint', async () => {
    const large = await startApp();
    for (let made = 0; made < 1_001; made += 91) {
      await Promise.all(Array.from({ length: 91 }, () => createUser(large)));
    }
    await createGroup(large);

    const everything = await large.request('GET', '/');
    const searched = await large.request('POST', '/.search', { schemas: [SEARCH_REQUEST] });
    const narrowed = await large.request('GET', filtered('/', 'meta.resourceType eq "Group"'));
    const paged = await large.request('GET', '/Users');

    await large.stop();
    for (const reply of [everything, searched]) {
      expectError(reply, 400, 'tooMany');
      expect(reply.body.detail).toContain('1000 matches');
    }
    expect([narrowed.status, narrowed.body.totalResults]).toEqual([200, 1]);
    expect([paged.body.totalResults, paged.body.itemsPerPage]).toEqual([1_001, 1_000]);
  });

  it('[GET-08] ignores unknown query parameters', async () => {
    expect((await read(app, '/Users?aadOptscim062020&foo=1')).totalResults).toBe(users.length);
  });

  it('[GET-11] decodes the query once, reading + as a space', async () => {
    const { id } = await createUser(app, { userName: 'a+b%20c d@list.example' });

    const encoded = await read(app, '/Users?filter=userName%20eq%20%22a%2Bb%2520c%20d%40list.example%22');
    const plus = await read(app, '/Users?filter=userName+eq+%22a%2Bb%2520c+d%40list.example%22');

    expect([encoded, plus].map(({ Resources }) => Resources.map((user) => user.id))).toEqual([[id], [id]]);
    await app.request('DELETE', `/Users/${id}`);
  });

  it('[GET-07] treats endpoint names as case-exact', async () => {
    expectError(await app.request('GET', '/users'), 404);
  });
});

describe('paging', () => {
  it.each([
    ['0', 1],
    ['-5', 1],
    ['1', 1],
    ['3', 3],
    ['100', 100],
  ])('[PAG-01] answers startIndex=%s with startIndex %i', async (given, expected) => {
    expect((await read(app, `/Users?startIndex=${given}&count=2`)).startIndex).toBe(expected);
  });

  it.each([
    ['2', 2],
    ['0', 0],
    ['-1', 0],
    ['100', 7],
  ])('[PAG-02, PAG-04] answers count=%s with %i resources and the true total', async (count, expected) => {
    const list = await read(app, `/Users?count=${count}`);

    expect(list).toMatchObject({ totalResults: 7, itemsPerPage: expected });
    expect(list.Resources).toHaveLength(expected);
  });

  it.each(['startIndex=abc', 'count=abc', 'count=1.5', 'startIndex=', 'count=1e2', 'count=0x10'])(
    '[PAG-03] refuses %s as invalidValue',
    async (query) => {
      expectError(await app.request('GET', `/Users?${query}`), 400, 'invalidValue');
    },
  );

  it('[PAG-05] answers a page past the end with no resources and the true total', async () => {
    const list = await read(app, '/Users?startIndex=8&count=5');

    expect(list).toMatchObject({ totalResults: 7, startIndex: 8, itemsPerPage: 0, Resources: [] });
  });

  it('[PAG-06, SRT-06] covers everything exactly once, page by page', async () => {
    for (const query of ['', '&sortBy=title', '&sortBy=name.givenName&sortOrder=descending']) {
      const pages = await Promise.all(
        [1, 3, 5, 7].map((start) => read(app, `/Users?startIndex=${start}&count=2${query}`)),
      );
      const seen = pages.flatMap(({ Resources }) => Resources.map(({ id }) => id));

      expect(seen.toSorted()).toEqual(users.map(({ id }) => id).toSorted());
    }
  });

  it('[PAG-07] sends an empty Resources for count=0', async () => {
    expect((await read(app, '/Users?count=0')).Resources).toEqual([]);
  });

  it('[PAG-04] pages the matches of a filter', async () => {
    const list = await read(app, filtered('/Users', 'title pr', '&startIndex=2&count=2'));

    expect(list).toMatchObject({ totalResults: 4, startIndex: 2, itemsPerPage: 2 });
  });
});

describe('sorting', () => {
  const byName = ['Alpha', 'Bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'Éclair'];

  it('[SRT-01, SRT-04] sorts by a string without regard to letter case, in Unicode order', async () => {
    expect(await sorted('displayName')).toEqual(byName);
    expect(await sorted('DISPLAYNAME', 'Ascending')).toEqual(byName);
  });

  it('[SRT-01] sorts descending', async () => {
    expect(await sorted('displayName', 'descending')).toEqual(byName.toReversed());
  });

  it('[SRT-02] sorts by a sub-attribute, and by the primary value of a multi-valued one', async () => {
    expect((await sorted('name.familyName'))[0]).toBe('delta');
    expect((await sorted('emails.value'))[0]).toBe('foxtrot');
    expect((await sorted(`${ENTERPRISE}:costCenter`, 'descending'))[0]).toBe('foxtrot');
  });

  it('[SRT-03] puts resources without the value last, descending first', async () => {
    const ascending = await sorted('title');
    const descending = await sorted('title', 'descending');

    expect(ascending.slice(0, 4)).toEqual(['foxtrot', 'echo', 'charlie', 'delta']);
    expect(descending.slice(3)).toEqual(['delta', 'charlie', 'echo', 'foxtrot']);
  });

  it('[SRT-04] sorts a case-exact attribute by code point', async () => {
    const withId = (await sorted('externalId')).filter((name) =>
      ['delta', 'charlie', 'echo', 'foxtrot'].includes(name),
    );

    expect(withId.at(-1)).toBe('delta');
  });

  it('[SRT-01] sorts by a date', async () => {
    expect(await sorted('meta.created')).toHaveLength(7);
  });

  it.each(['sortBy=unknown', 'sortBy=name', 'sortBy=password', 'sortBy=displayName&sortOrder=sideways'])(
    '[SRT-01, SRT-02] refuses %s as invalidValue',
    async (query) => {
      expectError(await app.request('GET', `/Users?${query}`), 400, 'invalidValue');
    },
  );

  it('[SRT-05] says that sorting is supported', async () => {
    expect(await read(app, '/ServiceProviderConfig')).toMatchObject({ sort: { supported: true } });
  });

  it('[SRT-06] keeps the order of equal values from page to page', async () => {
    const whole = await sorted('name.givenName');
    const pages: string[] = [];
    for (let start = 1; start <= 7; start += 1) {
      pages.push(...namesIn(await read(app, `/Users?sortBy=name.givenName&startIndex=${start}&count=1`)));
    }

    expect(pages).toEqual(whole);
  });
});

describe('selection', () => {
  it('[SEL-00, SEL-01] gives the named attributes with id and schemas', async () => {
    expect(keys(await select('attributes=userName'))).toEqual(['id', 'schemas', 'userName']);
    expect(keys(await select('attributes=title,name.familyName'))).toEqual([
      'id',
      'name',
      'schemas',
      'title',
    ]);
  });

  it('[SEL-00, SEL-02] removes excluded attributes, never id or schemas', async () => {
    const body = await select('excludedAttributes=id,schemas,title,meta,emails');

    for (const name of ['title', 'meta', 'emails']) expect(body).not.toHaveProperty(name);
    for (const name of ['id', 'schemas', 'userName']) expect(body).toHaveProperty(name);
  });

  it('[SEL-03] refuses both together', async () => {
    const path = `/Users/${users[0]!.id}?attributes=userName&excludedAttributes=title`;

    expectError(await app.request('GET', path), 400, 'invalidValue');
  });

  it.each([
    ['name.familyName', { name: { familyName: 'F0' } }],
    ['NAME.FAMILYNAME', { name: { familyName: 'F0' } }],
    ['emails.value', { emails: [{ value: '0@home.example' }, { value: '9@work.example' }] }],
    [`${USER}:displayName`, { displayName: 'delta' }],
    [`${ENTERPRISE}:costCenter`, { [ENTERPRISE]: { costCenter: 'C0' } }],
    [ENTERPRISE, { [ENTERPRISE]: { costCenter: 'C0', department: 'D' } }],
    ['unknown', {}],
    ['unknown, displayName ', { displayName: 'delta' }],
  ])('[SEL-04] reads attributes=%s', async (names, expected) => {
    const { id: _id, schemas: _schemas, ...rest } = await select(`attributes=${encodeURIComponent(names)}`);

    expect(rest).toEqual(expected);
  });

  it('[SEL-04] excludes a sub-attribute and a whole extension', async () => {
    const sub = await select('excludedAttributes=name.familyName');
    const extension = await select(`excludedAttributes=${encodeURIComponent(ENTERPRISE)}`);

    expect(sub.name).toEqual({ givenName: 'G' });
    expect(extension).not.toHaveProperty([ENTERPRISE]);
  });

  it('[SEL-05] never returns a password, not even when it is named', async () => {
    expect(keys(await select('attributes=password,userName'))).toEqual(['id', 'schemas', 'userName']);
  });

  it('[SEL-06] applies to lists and to PATCH', async () => {
    const list = await read(app, '/Users?attributes=userName');
    const { body } = await patch(app, `/Users/${users[0]!.id}?excludedAttributes=emails`, {
      op: 'replace',
      path: 'displayName',
      value: 'delta',
    });

    for (const user of list.Resources) expect(keys(user)).toEqual(['id', 'schemas', 'userName']);
    expect(body).not.toHaveProperty('emails');
  });

  it('[SEL-07] leaves excluded members out of a list of groups', async () => {
    const group = await createGroup(app, { members: references(users[0]!) });

    const list = await read(app, '/Groups?excludedAttributes=members');

    expect(list.Resources[0]).toMatchObject({ id: group.id });
    expect(list.Resources[0]).not.toHaveProperty('members');
    await app.request('DELETE', `/Groups/${group.id}`);
  });
});

describe('.search', () => {
  it('[SEA-01, SEA-02] answers as GET does', async () => {
    const asked = { filter: 'title pr', sortBy: 'title', sortOrder: 'descending', startIndex: 2, count: 2 };

    const { status, body } = await search('/Users', { ...asked, attributes: ['displayName'] });
    const got = await read(
      app,
      filtered(
        '/Users',
        asked.filter,
        '&sortBy=title&sortOrder=descending&startIndex=2&count=2&attributes=displayName',
      ),
    );

    expect(status).toBe(200);
    expect(body).toEqual(got);
    expect(namesIn(body)).toEqual(['charlie', 'echo']);
  });

  it('[SEA-01] searches without any member, on groups and at the root', async () => {
    expect((await search('/Users', {})).body.totalResults).toBe(users.length);
    expect((await search('/Groups', {})).body.totalResults).toBe(0);
    expect((await search('', { filter: 'meta.resourceType eq "User"' })).body.totalResults).toBe(
      users.length,
    );
  });

  it.each([
    ['an array', ['userName', 'title']],
    ['a comma string', 'userName,title'],
  ])('[SEA-04] takes attributes as %s', async (_, attributes) => {
    const { body } = await search('/Users', { filter: 'displayName eq "delta"', attributes });

    expect(Object.keys(body.Resources[0]!).toSorted()).toEqual(['id', 'schemas', 'title', 'userName']);
  });

  it.each([
    ['a broken filter', { filter: 'userName eq' }, 'invalidFilter'],
    ['both selections', { attributes: ['userName'], excludedAttributes: ['title'] }, 'invalidValue'],
    ['a count that is no number', { count: 'many' }, 'invalidValue'],
    ['a fraction as startIndex', { startIndex: 1.5 }, 'invalidValue'],
    ['a wrong message URN', { schemas: [USER] }, 'invalidSyntax'],
  ])('[SEA-02, SEA-04] refuses %s', async (_, request, scimType) => {
    expectError(await search('/Users', request), 400, scimType);
  });

  it('[SEA-02, POS-05] refuses a body that is no object', async () => {
    expectError(await app.request('POST', '/Users/.search', '[]'), 400, 'invalidSyntax');
  });
});
