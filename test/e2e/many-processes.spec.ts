// Three processes that answer and two that project, on one log and one database.
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { createGroup, createUser, find, patch, read, references, userBody } from '../conformance/scim.js';
import { newFleet, type Fleet } from '../support/fleet.js';
import { describeWithPostgres } from '../support/postgres.js';
import type { ServerProcess } from '../support/processes.js';
import type { Reply } from '../support/app.js';

const ROUNDS = 1000;
const LANES = 8;

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

function statusesOf(replies: readonly Reply[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describeWithPostgres('many processes', () => {
  let fleet: Fleet;
  let apis: ServerProcess[];
  let projectors: ServerProcess[];
  const api = (index: number): ServerProcess => apis[index % apis.length]!;

  beforeAll(async () => {
    fleet = await newFleet();
    const [first, second, ...rest] = await Promise.all([
      fleet.start('projector'),
      fleet.start('projector'),
      fleet.start('api'),
      fleet.start('api'),
      fleet.start('api'),
    ]);
    projectors = [first, second];
    apis = rest;
  });

  afterAll(() => fleet.stop());

  it(`[POS-08] shows a write through one to the very next read through another, ${ROUNDS} times`, async () => {
    let round = 0;
    const lane = async (): Promise<void> => {
      while (round < ROUNDS) {
        const index = (round += 1);
        const [writer, reader, third] = [api(index), api(index + 1), api(index + 2)];
        const user = await createUser(writer);
        expect(await find(reader, '/Users', `userName eq "${user.userName}"`)).toEqual([user.id]);
        const changed = await patch(reader, `/Users/${user.id}`, {
          op: 'replace',
          path: 'title',
          value: `t${index}`,
        });
        expect(changed.status).toBe(200);
        expect((await read(third, `/Users/${user.id}`))['title']).toBe(`t${index}`);
      }
    };

    await Promise.all(times(LANES, lane));
  }, 240_000);

  it('gives a userName to one of twelve simultaneous creates through different processes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const body = userBody();

      const replies = await Promise.all(times(12, (index) => api(index).request('POST', '/Users', body)));

      expect(statusesOf(replies)).toEqual({ 201: 1, 409: 11 });
      expect(await find(api(round), '/Users', `userName eq "${String(body['userName'])}"`)).toHaveLength(1);
    }
  });

  it('loses no member when 64 requests through all processes add one each to the same group', async () => {
    const group = await createGroup(api(0));
    const users = await Promise.all(times(64, (index) => createUser(api(index))));

    const replies = await Promise.all(
      users.map((user, index) =>
        patch(api(index), `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(user) }),
      ),
    );

    expect(statusesOf(replies)).toEqual({ 204: 64 });
    const { members } = await read(api(1), `/Groups/${group.id}`);
    expect(members.map(({ value }) => value).toSorted()).toEqual(users.map(({ id }) => id).toSorted());
  });

  it('goes on reading while nobody projects, refuses writes after the first time-out, and recovers by itself', async () => {
    const known = await createUser(api(0));
    for (const projector of projectors) projector.signal('SIGSTOP');

    const held = await api(0).request('POST', '/Users', userBody());
    const refused = await api(0).request('POST', '/Users', userBody());

    expect(held.status).toBe(201);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await read(api(0), `/Users/${known.id}`)).id).toBe(known.id);
    expect((await fetch(`${api(0).url}/health/ready`)).status).toBe(503);
    for (const projector of projectors) projector.signal('SIGCONT');
    await until(async () => (await api(0).request('POST', '/Users', userBody())).status === 201);
    expect((await read(api(1), `/Users/${held.body.id}`)).id).toBe(held.body.id);
  });

  it('hands over when the projector that works is killed, and loses and repeats nothing', async () => {
    const users = await Promise.all(times(10, (index) => createUser(api(index))));
    const owner = await ownerOf(api(0));
    const killed = projectors.find(({ pid }) => owner.endsWith(String(pid)));

    killed?.signal('SIGKILL');
    const replies = await Promise.all(times(20, (index) => api(index).request('POST', '/Users', userBody())));

    expect(killed).toBeDefined();
    expect(statusesOf(replies)).toEqual({ 201: 20 });
    await until(async () => (await ownerOf(api(0))) !== owner);
    const ids = [...users.map(({ id }) => id), ...replies.map(({ body }) => body.id)];
    for (const id of ids) expect((await read(api(1), `/Users/${id}`)).id).toBe(id);
    for (const { body } of replies) {
      expect(await find(api(2), '/Users', `userName eq "${body.userName}"`)).toEqual([body.id]);
    }
    projectors = projectors.filter((projector) => projector !== killed);
  });

  it('loses nothing that was answered when a process that answers is killed under load', async () => {
    const victim = api(2);
    const answered: string[] = [];
    const load = async (): Promise<void> => {
      for (;;) {
        try {
          const { status, body } = await victim.request('POST', '/Users', userBody());
          if (status === 201) answered.push(body.id);
        } catch {
          return;
        }
      }
    };

    const loads = times(8, load);
    await until(async () => answered.length > 50);
    victim.signal('SIGKILL');
    await victim.ended;
    await Promise.all(loads);

    apis = apis.filter((process) => process !== victim);
    for (const id of answered) expect((await read(api(0), `/Users/${id}`)).id).toBe(id);
  });
});

async function ownerOf(process: ServerProcess): Promise<string> {
  const { body } = await process.admin('GET', '/projections');
  const projections = body['projections'] as readonly { readonly name: string; readonly owner?: string }[];
  return projections.find(({ name }) => name === 'directory')?.owner ?? '';
}
