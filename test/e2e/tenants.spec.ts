// Two tenants with the same names: neither sees, finds, counts or touches anything of the other.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  ENTERPRISE,
  expectError,
  filtered,
  GROUP,
  groupBody,
  patchBody,
  references,
  SEARCH_REQUEST,
  userBody,
} from '../conformance/scim.js';
import { startWithSecondTenant, type TwoTenants } from '../conformance/second-tenant.js';
import type { AuditEntry } from '../../src/projections/audit/audit-entry.js';
import type { Reply, ScimBody } from '../support/app.js';

/** One tenant as its own clients see it. */
interface Tenant {
  readonly slug: string;
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Reply>;
  users: readonly ScimBody[];
  group: ScimBody;
}

const NAMES = ['ada', 'grace', 'edsger'];
let both: TwoTenants;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  both = await startWithSecondTenant('second');
  const { app, authorization } = both;
  ours = await populated('default', (...request) => app.request(...request));
  theirs = await populated('second', (method, path, body, headers) =>
    app.request(method, path, body, { authorization, ...headers }),
  );
});

afterAll(() => both.stop());

async function populated(slug: string, send: Tenant['send']): Promise<Tenant> {
  const users: ScimBody[] = [];
  for (const userName of NAMES) {
    const manager = users[0] === undefined ? {} : { manager: { value: users[0].id } };
    const { status, body } = await send(
      'POST',
      '/Users',
      userBody({ userName, externalId: userName, title: `Of ${slug}`, [ENTERPRISE]: manager }),
    );
    expect(status).toBe(201);
    users.push(body);
  }
  const members = references(...users.slice(0, 2));
  const { status, body } = await send('POST', '/Groups', groupBody({ displayName: 'Everybody', members }));
  expect(status).toBe(201);
  return { slug, send, users, group: body };
}

describe.each([
  ['default', () => ours, () => theirs],
  ['second', () => theirs, () => ours],
] as const)('the tenant %s', (slug, own, other) => {
  it('lists and counts its own resources alone', async () => {
    const users = await own().send('GET', '/Users');
    const groups = await own().send('GET', '/Groups');

    expect(users.body.totalResults).toBe(3);
    expect(users.body.Resources.map(({ id }) => id)).toEqual(own().users.map(({ id }) => id));
    expect(users.body.Resources.every(({ title }) => title === `Of ${slug}`)).toBe(true);
    expect(groups.body.totalResults).toBe(1);
    expect(groups.body.Resources[0]?.id).toBe(own().group.id);
  });

  it.each([
    ['Users', 'userName eq "ada"', 1],
    ['Users', 'userName eq "ADA"', 1],
    ['Users', 'externalId eq "ada"', 1],
    ['Users', 'userName pr', 3],
    ['Users', 'title sw "Of"', 3],
    ['Users', 'not (userName eq "ada")', 2],
    ['Users', 'meta.created gt "2020-01-01T00:00:00Z"', 3],
    ['Users', 'groups.display eq "Everybody"', 2],
    ['Groups', 'displayName eq "Everybody"', 1],
    ['Groups', 'members.display co "a"', 1],
  ])('finds in %s by %s its own %i alone', async (endpoint, filter, count) => {
    const { body } = await own().send('GET', filtered(`/${endpoint}`, filter));

    expect(body.totalResults).toBe(count);
    const known = new Set([...own().users, own().group].map(({ id }) => id));
    for (const { id } of body.Resources) expect(known.has(id)).toBe(true);
  });

  it.each([
    ['Users', 'id eq "{user}"'],
    ['Users', `${ENTERPRISE}:manager.value eq "{user}"`],
    ['Users', 'groups.value eq "{group}"'],
    ['Users', 'title eq "Of {slug}"'],
    ['Groups', 'id eq "{group}"'],
    ['Groups', 'members.value eq "{user}"'],
    ['Groups', 'members[value eq "{user}"]'],
  ])('finds nothing of the other in %s by %s', async (endpoint, template) => {
    const filter = template
      .replace('{user}', other().users[0]!.id)
      .replace('{group}', other().group.id)
      .replace('{slug}', other().slug);

    const list = await own().send('GET', filtered(`/${endpoint}`, filter));
    const search = await own().send('POST', `/${endpoint}/.search`, { schemas: [SEARCH_REQUEST], filter });

    expect([list.status, search.status]).toEqual([200, 200]);
    expect([list.body.totalResults, search.body.totalResults]).toEqual([0, 0]);
    // The same question by its own ids does find something.
    const back = await other().send('GET', filtered(`/${endpoint}`, filter));
    expect(back.body.totalResults).toBeGreaterThan(0);
  });

  it('finds its own alone from the root', async () => {
    const { body } = await own().send('POST', '/.search', {
      schemas: [SEARCH_REQUEST],
      filter: 'userName eq "ada" or displayName eq "Everybody"',
    });

    expect(body.Resources.map(({ id }) => id).toSorted()).toEqual(
      [own().users[0]!.id, own().group.id].toSorted(),
    );
  });

  it.each([
    ['GET', 'user', undefined],
    ['PUT', 'user', userBody({ userName: 'taken-over' })],
    ['PATCH', 'user', patchBody({ op: 'replace', path: 'title', value: 'Taken over' })],
    ['DELETE', 'user', undefined],
    ['GET', 'group', undefined],
    ['PUT', 'group', { schemas: [GROUP], displayName: 'Taken over' }],
    ['PATCH', 'group', patchBody({ op: 'remove', path: 'members' })],
    ['DELETE', 'group', undefined],
  ])('answers 404 to %s of a %s of the other, which stays as it is', async (method, kind, body) => {
    const { id } = kind === 'user' ? other().users[0]! : other().group;
    const path = `/${kind === 'user' ? 'Users' : 'Groups'}/${id}`;
    const before = await other().send('GET', path);

    const reply = await own().send(method, path, body);

    expectError(reply, 404);
    expect((await other().send('GET', path)).text).toBe(before.text);
  });

  it('answers 404, not 412 or 304, whatever version of the other’s resource it names', async () => {
    const { id, meta } = other().users[0]!;

    const matched = await own().send('DELETE', `/Users/${id}`, undefined, { 'if-match': meta.version });
    const any = await own().send('DELETE', `/Users/${id}`, undefined, { 'if-match': '*' });
    const known = await own().send('GET', `/Users/${id}`, undefined, { 'if-none-match': meta.version });

    expect([matched.status, any.status, known.status]).toEqual([404, 404, 404]);
  });

  it('cannot make a user of the other a member', async () => {
    const foreign = references(other().users[0]!);

    const created = await own().send('POST', '/Groups', groupBody({ members: foreign }));
    const added = await own().send(
      'PATCH',
      `/Groups/${own().group.id}`,
      patchBody({ op: 'add', path: 'members', value: foreign }),
    );

    expectError(created, 400, 'invalidValue');
    expectError(added, 400, 'invalidValue');
    const { body } = await own().send('GET', `/Groups/${own().group.id}`);
    expect(body.members).toHaveLength(2);
  });

  it('does not learn the name of a manager of the other', async () => {
    const { id, displayName, userName } = other().users[0]!;

    const { body, text } = await own().send(
      'POST',
      '/Users',
      userBody({ userName: `manages-${slug}`, [ENTERPRISE]: { manager: { value: id } } }),
    );

    // Stored as given, as a user who does not exist yet.
    expect(body[ENTERPRISE]).toEqual({ manager: { value: id } });
    expect(text).not.toContain(displayName ?? `"${userName}"`);
    expect((await own().send('DELETE', `/Users/${body.id}`)).status).toBe(204);
  });

  it('is refused at the other’s address, and served at its own', async () => {
    const at = async (tenant: string): Promise<number> => {
      const { status } = await own().send('GET', `${both.app.url}/t/${tenant}/scim/v2/Users`);
      return status;
    };

    expect([await at(slug), await at(other().slug), await at('nobody')]).toEqual([200, 401, 401]);
  });

  it('is told in its own audit alone', async () => {
    const { body } = await both.app.admin('GET', `/audit?tenant=${slug}&count=1000`);
    const entries = body['entries'] as AuditEntry[];

    expect(entries.length).toBeGreaterThan(4);
    for (const entry of entries) {
      expect([entry.tenant, entry.stream.startsWith(`scim.${slug}.`)]).toEqual([slug, true]);
    }
    // Of the other's resources it has what was refused here: their ids as sent, and no name.
    const foreign = new Set([...other().users, other().group].map(({ id }) => id));
    for (const { outcome, resource } of entries.filter(({ resource: { id } }) => foreign.has(id))) {
      expect([outcome, resource.label]).toEqual(['refused', '']);
    }
  });

  it('has tokens of its own', async () => {
    const { body } = await both.app.admin('GET', `/tenants/${slug}/tokens`);
    const foreign = await both.app.admin('GET', `/tenants/${other().slug}/tokens`);
    const [first] = foreign.body['tokens'] as { id: string; tenant: string }[];

    for (const { tenant } of body['tokens'] as { tenant: string }[]) expect(tenant).toBe(slug);
    const revoked = await both.app.admin('DELETE', `/tenants/${slug}/tokens/${first?.id}`);
    expect(revoked.status).toBe(422);
    expect((await other().send('GET', '/Users?count=0')).status).toBe(200);
  });
});

describe('names', () => {
  it('are free in one tenant when they are taken in the other', async () => {
    const body = userBody({ userName: 'only-once' });

    const statuses = [
      await ours.send('POST', '/Users', body),
      await ours.send('POST', '/Users', body),
      await theirs.send('POST', '/Users', body),
      await theirs.send('POST', '/Users', body),
    ].map(({ status }) => status);

    expect(statuses).toEqual([201, 409, 201, 409]);
  });

  it('have another fingerprint in each tenant', async () => {
    const prints: unknown[] = [];
    for (const { slug, send } of [ours, theirs]) {
      await send('POST', '/Users', userBody({ userName: 'ada' }));
      const { body } = await both.app.admin('GET', `/audit?tenant=${slug}&count=1`);
      const [entry] = body['entries'] as { refusal: { fingerprints: Record<string, string> } }[];
      prints.push(entry?.refusal.fingerprints['userName']);
    }

    expect(prints[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(prints[1]).toMatch(/^[0-9a-f]{64}$/);
    expect(prints[0]).not.toBe(prints[1]);
  });

  it('may be deleted in one tenant without a trace in the other', async () => {
    const { id } = ours.users[2]!;

    expect((await ours.send('DELETE', `/Users/${id}`)).status).toBe(204);

    const { body } = await theirs.send('GET', filtered('/Users', 'userName eq "edsger"'));
    expect(body.Resources.map((user) => user.id)).toEqual([theirs.users[2]!.id]);
  });
});
