// Many writers at once: nothing is lost, nothing is doubled, nobody waits for ever.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  createGroup,
  createUser,
  filtered,
  find,
  groupBody,
  patch,
  patchBody,
  read,
  references,
  userBody,
} from '../conformance/scim.js';
import { startApp, type App } from '../support/app.js';

describe.each(['memory', 'sqlite'] as const)('with stores in %s', (stores) => {
  let app: App;

  beforeAll(async () => {
    app = await startApp({ stores });
  });

  afterAll(() => app.stop());

  it('loses no member when 64 requests add one each to the same group', async () => {
    const group = await createGroup(app);
    const users = await Promise.all(times(64, () => createUser(app)));

    const replies = await Promise.all(
      users.map((user) =>
        patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(user) }),
      ),
    );

    expect(statusesOf(replies)).toEqual({ 204: 64 });
    const { members, meta } = await read(app, `/Groups/${group.id}`);
    expect(members.map(({ value }) => value).toSorted()).toEqual(users.map(({ id }) => id).toSorted());
    expect(meta.version).toBe('W/"64"');
  });

  it('loses no change when adding and removing members meet', async () => {
    const users = await Promise.all(times(40, () => createUser(app)));
    const group = await createGroup(app, { members: references(...users.slice(0, 20)) });

    const replies = await Promise.all(
      users.map((user, index) =>
        patch(app, `/Groups/${group.id}`, {
          op: index < 20 ? 'remove' : 'add',
          path: 'members',
          value: references(user),
        }),
      ),
    );

    expect(statusesOf(replies)).toEqual({ 204: 40 });
    const { members } = await read(app, `/Groups/${group.id}`);
    const added = users.slice(20).map(({ id }) => id);
    expect(members.map(({ value }) => value).toSorted()).toEqual(added.toSorted());
  });

  it('gives a userName to one of fifty simultaneous creates', async () => {
    const body = userBody();

    // Names are compared without regard to case.
    const replies = await Promise.all(
      times(50, (index) =>
        app.request('POST', '/Users', index % 2 === 0 ? body : { ...body, userName: upper(body) }),
      ),
    );

    expect(statusesOf(replies)).toEqual({ 201: 1, 409: 49 });
    const refused = replies.filter(({ status }) => status === 409);
    expect(new Set(refused.map(({ body: { scimType } }) => scimType))).toEqual(new Set(['uniqueness']));
    const holders = await find(app, '/Users', `userName eq "${String(body['userName'])}"`);
    expect(holders).toEqual([replies.find(({ status }) => status === 201)?.body.id]);
  });

  it('gives a displayName to one of fifty simultaneous groups', async () => {
    const replies = await Promise.all(
      times(50, () =>
        app.request('POST', '/Groups', groupBody({ displayName: `One of a kind in ${stores}` })),
      ),
    );

    expect(statusesOf(replies)).toEqual({ 201: 1, 409: 49 });
  });

  it('shows every user to a filter as soon as its create is answered, a thousand times', async () => {
    const lane = async (number: number): Promise<number> => {
      let seen = 0;
      for (let round = 0; round < 250; round += 1) {
        const userName = `lane-${number}-${round}@${stores}.example.com`;
        const { id } = await createUser(app, { userName });
        const found = await find(app, '/Users', `userName eq "${userName}"`);
        if (found.length === 1 && found[0] === id) seen += 1;
      }
      return seen;
    };

    const seen = await Promise.all(times(4, lane));

    expect(seen).toEqual([250, 250, 250, 250]);
  });

  it('answers every rename when users ask for the names of each other at once', async () => {
    const rounds = 20;
    for (let round = 0; round < rounds; round += 1) {
      const users = await Promise.all(
        times(6, (index) => createUser(app, { userName: `swap-${round}-${index}` })),
      );

      // Each wants the name of the next, the last that of the first; one name is free.
      const replies = await Promise.all(
        users.flatMap(({ id }, index) => [
          rename(app, id, `swap-${round}-${(index + 1) % users.length}`),
          rename(app, id, `swap-${round}-free`),
        ]),
      );

      expect(replies.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
      const names = await Promise.all(
        users.map(async ({ id }) => (await read(app, `/Users/${id}`)).userName),
      );
      expect(new Set(names).size).toBe(users.length);
      for (const [index, userName] of names.entries()) {
        expect(await find(app, '/Users', `userName eq "${userName}"`)).toEqual([users[index]?.id]);
      }
    }
  });

  it('frees a name for whoever waits for it once its holder is renamed or deleted', async () => {
    const [first, second] = [await createUser(app), await createUser(app)];

    const replies = await Promise.all([
      rename(app, first.id, `${first.userName}-new`),
      app.request('DELETE', `/Users/${second.id}`),
    ]);
    const taken = await Promise.all([
      app.request('POST', '/Users', userBody({ userName: first.userName })),
      app.request('POST', '/Users', userBody({ userName: second.userName })),
    ]);

    expect(replies.map(({ status }) => status)).toEqual([200, 204]);
    expect(taken.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('lets exactly one of many writers with the same If-Match through', async () => {
    const user = await createUser(app);

    for (let round = 0; round < 5; round += 1) {
      const { meta } = await read(app, `/Users/${user.id}`);
      const replies = await Promise.all(
        times(20, (index) =>
          app.request(
            'PATCH',
            `/Users/${user.id}`,
            patchBody({ op: 'replace', path: 'title', value: `round ${round}, writer ${index}` }),
            { 'if-match': meta.version },
          ),
        ),
      );

      expect(statusesOf(replies)).toEqual({ 200: 1, 412: 19 });
      const winner = replies.find(({ status }) => status === 200)?.body;
      expect(await read(app, `/Users/${user.id}`)).toMatchObject({ title: winner?.['title'] });
    }
  });

  it('lets exactly one of a PUT, a PATCH and a DELETE with the same If-Match through', async () => {
    const { id, userName, meta } = await createUser(app);
    const headers = { 'if-match': meta.version };

    const replies = await Promise.all([
      app.request('PUT', `/Users/${id}`, userBody({ userName, title: 'put' }), headers),
      app.request('PATCH', `/Users/${id}`, patchBody({ op: 'add', path: 'title', value: 'patch' }), headers),
      app.request('DELETE', `/Users/${id}`, undefined, headers),
    ]);

    const isThrough = replies.filter(({ status }) => status < 300);
    expect(isThrough).toHaveLength(1);
    // After a delete there is nothing left to have a version.
    for (const { status } of replies) expect([200, 204, 412, 404]).toContain(status);
  });

  it('counts and lists correctly while others write', async () => {
    const marker = `Crowd ${stores}`;
    const writers = times(30, () => createUser(app, { title: marker }));
    const readers = times(30, () => app.request('GET', filtered('/Users', `title eq "${marker}"`)));

    const replies = await Promise.all(readers);
    await Promise.all(writers);

    for (const { status, body } of replies) {
      expect(status).toBe(200);
      expect(body.Resources).toHaveLength(body.totalResults);
    }
    expect(await find(app, '/Users', `title eq "${marker}"`)).toHaveLength(30);
  });
});

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function rename(app: App, id: string, userName: string) {
  return patch(app, `/Users/${id}`, { op: 'replace', path: 'userName', value: userName });
}

function upper(body: Readonly<Record<string, unknown>>): string {
  return String(body['userName']).toUpperCase();
}

function statusesOf(replies: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
