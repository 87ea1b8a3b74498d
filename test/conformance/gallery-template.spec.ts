// The twenty-five cases of Microsoft's gallery validation template, played as its test runs and the
// provisioning cycles behind them do: look up, create or change, look up again.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App, type Reply, type ScimBody } from '../support/app.js';
import {
  createGroup,
  createUser,
  ENTERPRISE,
  filtered,
  GROUP,
  NOBODY,
  patch,
  read,
  references,
  unique,
  USER,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

const lookUpUser = (userName: string): Promise<ScimBody> =>
  read(app, filtered('/Users', `userName eq "${userName}"`));

const lookUpGroup = (displayName: string): Promise<ScimBody> =>
  read(app, filtered('/Groups', `displayName eq "${displayName}"`, '&excludedAttributes=members'));

const disable = (id: string): Promise<Reply> =>
  patch(app, `/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' });

/** What Entra does for a user in scope: look up, and create on no match. */
async function provision(userName: string, attributes: Record<string, unknown> = {}): Promise<ScimBody> {
  const { totalResults, Resources } = await lookUpUser(userName);
  return totalResults === 0 ? createUser(app, { userName, active: true, ...attributes }) : Resources[0]!;
}

describe('user tests', () => {
  it('[POS-08] 1 Create_User: finds the created user by userName', async () => {
    const userName = unique('create@gallery.example');

    await provision(userName);

    expect(await lookUpUser(userName)).toMatchObject({ totalResults: 1, Resources: [{ userName }] });
  });

  it('[PAT-27] 2 Update_User: changes the mapped attributes', async () => {
    const userName = unique('update@gallery.example');
    const { id } = await provision(userName, {
      displayName: 'Before',
      emails: [{ type: 'work', value: userName }],
    });

    await patch(
      app,
      `/Users/${id}`,
      { op: 'Replace', path: 'displayName', value: 'After' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'after@gallery.example' },
      { op: 'Add', path: 'name.givenName', value: 'Given' },
    );

    expect((await lookUpUser(userName)).Resources[0]).toMatchObject({
      displayName: 'After',
      name: { givenName: 'Given' },
      emails: [{ type: 'work', value: 'after@gallery.example' }],
    });
  });

  it('[RES-06] 3 Disable_User: shows active false', async () => {
    const userName = unique('disable@gallery.example');
    const { id } = await provision(userName);

    await disable(id);

    expect((await lookUpUser(userName)).Resources[0]).toMatchObject({ id, active: false });
  });

  it('[DEL-01, DEL-02] 4 Delete_User: the user is gone', async () => {
    const userName = unique('delete@gallery.example');
    const { id } = await provision(userName);

    const deletion = await app.request('DELETE', `/Users/${id}`);

    expect(deletion.status).toBe(204);
    expect((await app.request('GET', `/Users/${id}`)).status).toBe(404);
    expect(await lookUpUser(userName)).toMatchObject({ totalResults: 0, Resources: [] });
  });

  it('[PAT-19, PAT-27] 5 User_Update_Manager: sets, changes and removes the manager', async () => {
    const first = await createUser(app);
    const second = await createUser(app);
    const { id } = await createUser(app);
    const path = `${ENTERPRISE}:manager`;
    const managerAfter = async (operation: Record<string, unknown>): Promise<unknown> => {
      await patch(app, `/Users/${id}`, operation);
      const user = await read(app, `/Users/${id}`);
      return user[ENTERPRISE]?.manager?.value;
    };

    const set = await managerAfter({ op: 'Add', path, value: first.id });
    const changed = await managerAfter({ op: 'Replace', path, value: { value: second.id } });
    const removed = await managerAfter({ op: 'Remove', path });

    expect([set, changed, removed]).toEqual([first.id, second.id, undefined]);
  });

  it('[RES-06] 6 Restore_User: an unassigned user comes back as the same resource', async () => {
    const userName = unique('restore@gallery.example');
    const { id } = await provision(userName);
    await disable(id);

    const found = await provision(userName);
    await patch(app, `/Users/${found.id}`, { op: 'Replace', path: 'active', value: 'True' });

    expect(await lookUpUser(userName)).toMatchObject({ totalResults: 1, Resources: [{ id, active: true }] });
  });

  it('[GET-03, PAT-27] 7 POD_User: provisions on demand after its silent connection test', async () => {
    const userName = unique('pod@gallery.example');
    const connection = await lookUpUser(NOBODY);

    const { id } = await provision(userName);
    await patch(app, `/Users/${id}`, { op: 'Add', path: 'title', value: 'On demand' });

    expect(connection.totalResults).toBe(0);
    expect((await lookUpUser(userName)).Resources[0]).toMatchObject({ id, title: 'On demand' });
  });
});

describe('group tests', () => {
  it('[POS-08] 8 Create_Group: finds the created group by displayName', async () => {
    const displayName = unique('Create Group');

    const { id } = await createGroup(app, { displayName });

    expect(await lookUpGroup(displayName)).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  });

  it('[PAT-05, PAT-27] 9 Update_Group: the new name is visible', async () => {
    const { id } = await createGroup(app);
    const displayName = unique('Renamed Group');

    const reply = await patch(app, `/Groups/${id}`, {
      op: 'Replace',
      path: 'displayName',
      value: displayName,
    });

    expect(reply.status).toBe(204);
    expect(await lookUpGroup(displayName)).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  });

  it('[DEL-02] 10 Delete_Group: the group is gone', async () => {
    const { id, displayName } = await createGroup(app);

    await app.request('DELETE', `/Groups/${id}`);

    expect((await lookUpGroup(displayName)).totalResults).toBe(0);
  });

  it('[PAT-14] 11 Group_Update_Add_Member: the member is added', async () => {
    const user = await createUser(app);
    const { id } = await createGroup(app);

    await patch(app, `/Groups/${id}`, {
      op: 'Add',
      path: 'members',
      value: [{ $ref: null, value: user.id }],
    });

    expect((await read(app, `/Groups/${id}`)).members).toMatchObject([{ value: user.id }]);
  });

  it('[PAT-20, PAT-21] 12 Group_Update_Remove_Member: only that member is removed, in both dialects', async () => {
    const [first, second, third] = [await createUser(app), await createUser(app), await createUser(app)];
    const { id } = await createGroup(app, { members: references(first, second, third) });

    await patch(app, `/Groups/${id}`, {
      op: 'Remove',
      path: 'members',
      value: [{ $ref: null, value: first.id }],
    });
    await patch(app, `/Groups/${id}`, { op: 'remove', path: `members[value eq "${second.id}"]` });

    expect((await read(app, `/Groups/${id}`)).members).toMatchObject([{ value: third.id }]);
  });

  it('[GET-03, PAT-14] 13 POD_Group: provisions a group with five members on demand', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => createUser(app)));
    const displayName = unique('POD Group');
    expect((await lookUpGroup(displayName)).totalResults).toBe(0);

    const { id } = await createGroup(app, { displayName });
    await patch(app, `/Groups/${id}`, { op: 'Add', path: 'members', value: references(...users) });

    expect((await read(app, `/Groups/${id}`)).members).toHaveLength(5);
  });

  it('[DEL-03] 14 Restore_Group: an unassigned group is deleted and created again', async () => {
    const { id, displayName } = await createGroup(app);
    await app.request('DELETE', `/Groups/${id}`);
    expect((await lookUpGroup(displayName)).totalResults).toBe(0);

    const recreated = await createGroup(app, { displayName });

    expect(recreated.id).not.toBe(id);
    expect(await lookUpGroup(displayName)).toMatchObject({
      totalResults: 1,
      Resources: [{ id: recreated.id }],
    });
  });
});

const namesIn = (schema: ScimBody | undefined): readonly string[] =>
  (schema?.attributes ?? [])
    .flatMap(({ name, subAttributes = [] }) => [name, ...subAttributes.map((sub) => `${name}.${sub.name}`)])
    .map((path) => path.toLowerCase());

describe('schema tests', () => {
  it('[DIS-04, DIS-08] 15 Schema_Discoverability: every mapped attribute is found in /Schemas', async () => {
    const { Resources } = await read(app, '/Schemas');

    const schemaOf = (urn: string): ScimBody | undefined => Resources.find(({ id }) => id === urn);
    const mapped = {
      [USER]: (
        'active displayName name.givenName name.familyName name.formatted title userName emails.value emails.type ' +
        'phoneNumbers.value addresses.streetAddress addresses.postalCode addresses.formatted preferredLanguage roles.value'
      ).split(' '),
      [ENTERPRISE]: ['department', 'employeeNumber', 'manager'],
      [GROUP]: ['displayName', 'members'],
    };

    for (const [urn, paths] of Object.entries(mapped)) {
      const wanted = paths.map((path) => path.toLowerCase());
      expect(namesIn(schemaOf(urn))).toEqual(expect.arrayContaining(wanted));
    }
  });
});

describe('direct SCIM tests', () => {
  it('[ATT-11, ATT-12] 16 SCIM_Null_Update: "" and null both unassign an optional attribute', async () => {
    const optional = { displayName: 'D', title: 'T', nickName: 'N', preferredLanguage: 'sk-SK' };
    const { id } = await createUser(app, optional);

    for (const value of ['', null]) {
      await patch(app, `/Users/${id}`, { op: 'add', value: optional });
      const operations = Object.keys(optional).map((path) => ({ op: 'Replace', path, value }));

      const reply = await patch(app, `/Users/${id}`, ...operations);

      expect(reply.status).toBe(200);
      const user = await read(app, `/Users/${id}`);
      for (const name of Object.keys(optional)) expect(user).not.toHaveProperty(name);
    }
  });

  it('[POS-01] 17 SCIM_User_Create: answers an id and the userName', async () => {
    const userName = unique('direct@gallery.example');

    const reply = await app.request('POST', '/Users', { schemas: [USER], userName, active: true });

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ id: expect.stringMatching(/.+/), userName });
  });

  it('[PAT-27] 18 SCIM_User_Update: a later GET echoes every single value', async () => {
    const { id } = await createUser(app);
    const values = {
      displayName: 'X',
      title: 'Y',
      nickName: 'Z',
      userType: 'W',
      locale: 'sk-SK',
      active: false,
    };
    const operations = Object.entries(values).map(([path, value]) => ({ op: 'replace', path, value }));

    await patch(app, `/Users/${id}`, ...operations, { op: 'replace', path: 'name.givenName', value: 'G' });

    expect(await read(app, `/Users/${id}`)).toMatchObject({ ...values, name: { givenName: 'G' } });
  });

  it('[POS-01] 19 SCIM_Group_Create: answers an id and the displayName', async () => {
    const displayName = unique('Direct Group');

    const reply = await app.request('POST', '/Groups', { schemas: [GROUP], displayName });

    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ id: expect.stringMatching(/.+/), displayName });
  });

  it('[PAT-27] 20 SCIM_Group_Update: a later GET echoes every single value', async () => {
    const { id } = await createGroup(app);
    const displayName = unique('Direct Group');

    await patch(
      app,
      `/Groups/${id}`,
      { op: 'replace', path: 'displayName', value: displayName },
      { op: 'add', path: 'externalId', value: 'direct' },
    );

    expect(await read(app, `/Groups/${id}`)).toMatchObject({ displayName, externalId: 'direct' });
  });

  it('[DIS-02] 21 Validate_Credentials: no client credentials are offered, only the long-lived bearer token', async () => {
    const { authenticationSchemes } = await read(app, '/ServiceProviderConfig');

    expect(authenticationSchemes.map(({ type }) => type)).toEqual(['oauthbearertoken']);
  });

  it('[DIS-02] 22 Federated_Identity: no OAuth 2.0 token endpoint is advertised', async () => {
    const { text } = await app.request('GET', '/ServiceProviderConfig');

    expect(text).not.toMatch(/"oauth2"|"oauth"/);
  });

  it.each([
    ['[PAG-01, PAG-02, PAG-04] 23 SCIM_User_Pagination', '/Users', createUser],
    ['[PAG-01, PAG-02, PAG-04] 24 SCIM_Group_Pagination', '/Groups', createGroup],
  ] as const)(
    '%s: pages of five echo their startIndex and cover everything once',
    async (_, endpoint, create) => {
      for (let made = 0; made < 6; made += 1) await create(app);
      const { totalResults } = await read(app, `${endpoint}?count=0`);
      const seen: string[] = [];

      for (let startIndex = 1; startIndex <= totalResults; startIndex += 5) {
        const page = await read(app, `${endpoint}?startIndex=${startIndex}&count=5`);
        expect(page).toMatchObject({ startIndex, totalResults, itemsPerPage: page.Resources.length });
        seen.push(...page.Resources.map(({ id }) => id));
      }

      expect(seen).toHaveLength(totalResults);
      expect(new Set(seen).size).toBe(totalResults);
    },
  );

  it('[PAT-19, PAT-27] 25 SCIM_Update_Manager: Add, Replace and Replace with nothing, read after each', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];
    const { id } = await createUser(app);
    const path = `${ENTERPRISE}:manager`;
    const step = async (op: string, value: string): Promise<ScimBody> => {
      expect((await patch(app, `/Users/${id}`, { op, path, value })).status).toBe(200);
      return read(app, `/Users/${id}`);
    };

    const added = await step('Add', first.id);
    const replaced = await step('Replace', second.id);
    const emptied = await step('Replace', '');

    expect(added).toMatchObject({ [ENTERPRISE]: { manager: { value: first.id } } });
    expect(replaced).toMatchObject({ [ENTERPRISE]: { manager: { value: second.id } } });
    expect(emptied).not.toHaveProperty([ENTERPRISE]);
  });
});
