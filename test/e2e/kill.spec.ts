// A process that is killed under load: what was answered stands, what was not answered happened whole or not at all.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createGroup, filtered, patch, read, references, userBody } from '../conformance/scim.js';
import type { Reply } from '../support/app.js';
import { newDataDir, removeDataDir, startServer, type ServerProcess } from '../support/processes.js';
import { dumpLive, dumpReplayed } from '../support/read-models.js';

const ROUNDS = 10;
const LANES = 8;
const TOKEN = 'kill-test-token-'.padEnd(43, 'x');

/** What a lane knows of one of its users. */
interface KnownUser {
  readonly id: string;
  readonly userName: string;
  title: string;
}

/** A write whose answer has not come: it may or may not have happened. */
type Unanswered =
  | { readonly type: 'create'; readonly userName: string }
  | { readonly type: 'patch'; readonly user: KnownUser; readonly title: string }
  | { readonly type: 'join'; readonly user: KnownUser }
  | { readonly type: 'delete'; readonly user: KnownUser };

/** One client that writes one thing after the other, and what it may rely on. */
interface Lane {
  readonly number: number;
  readonly users: Map<string, KnownUser>;
  readonly gone: KnownUser[];
  readonly members: Set<string>;
  unanswered: Unanswered | undefined;
  written: number;
}

describe('a server that is killed under load', () => {
  let dataDir: string;
  let server: ServerProcess;
  let groupId: string;
  const lanes: readonly Lane[] = Array.from({ length: LANES }, (_, number) => ({
    number,
    users: new Map(),
    gone: [],
    members: new Set(),
    unanswered: undefined,
    written: 0,
  }));

  beforeAll(async () => {
    dataDir = await newDataDir();
    server = await start();
    groupId = (await createGroup(server)).id;
  });

  afterAll(async () => {
    server.signal('SIGKILL');
    await server.ended;
    await removeDataDir(dataDir);
  });

  function start(): Promise<ServerProcess> {
    return startServer(dataDir, { SCIM_TOKEN: TOKEN, LOG_LEVEL: 'error' });
  }

  it.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))('comes back whole, kill %i', async () => {
    await writeUntilKilled(20 + Math.floor(Math.random() * 100));
    server = await start();

    for (const lane of lanes) await settle(lane);
    const group = await read(server, `/Groups/${groupId}`);
    const expected = lanes.flatMap(({ members }) => [...members]);

    expect((group.members ?? []).map(({ value }) => value).toSorted()).toEqual(expected.toSorted());
    for (const lane of lanes) await expectUsers(lane);
    await expectReadModels();
  });

  it('has written enough for that to mean something', () => {
    const written = lanes.reduce((sum, lane) => sum + lane.written, 0);

    expect(written).toBeGreaterThan(ROUNDS * 20);
    expect(lanes.flatMap(({ gone }) => gone).length).toBeGreaterThan(0);
  });

  async function writeUntilKilled(writes: number): Promise<void> {
    let left = writes;
    const isDead = server.ended.then(() => true);
    const run = async (lane: Lane): Promise<void> => {
      while (left > 0) {
        await writeOne(lane);
        left -= 1;
        // The other lanes have requests on their way just now.
        if (left === 0) server.signal('SIGKILL');
      }
    };
    await Promise.all(lanes.map((lane) => run(lane).catch(() => undefined)));
    expect(left).toBeLessThanOrEqual(0);
    await isDead;
  }

  async function writeOne(lane: Lane): Promise<void> {
    lane.unanswered = next(lane);
    const reply = await send(lane.unanswered);
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: expectedOf(lane.unanswered) });
    happened(lane, lane.unanswered, reply.body.id);
    lane.unanswered = undefined;
    lane.written += 1;
  }

  function next(lane: Lane): Unanswered {
    const users = [...lane.users.values()];
    const user = users[Math.floor(Math.random() * users.length)];
    const dice = Math.random();
    if (!user || dice < 0.35) {
      return { type: 'create', userName: `lane-${lane.number}-${Math.random().toString(36).slice(2)}` };
    }
    if (dice < 0.6) return { type: 'patch', user, title: `title ${Math.random()}` };
    return dice < 0.85 ? { type: 'join', user } : { type: 'delete', user };
  }

  function send(write: Unanswered): Promise<Reply> {
    switch (write.type) {
      case 'create':
        return server.request('POST', '/Users', userBody({ userName: write.userName, title: 'new' }));
      case 'patch':
        return patch(server, `/Users/${write.user.id}`, {
          op: 'replace',
          path: 'title',
          value: write.title,
        });
      case 'join':
        return patch(server, `/Groups/${groupId}`, {
          op: 'add',
          path: 'members',
          value: references(write.user),
        });
      case 'delete':
        return server.request('DELETE', `/Users/${write.user.id}`);
      default:
        return write satisfies never;
    }
  }

  /** Finds out whether the write without an answer happened; half of it is a failure. */
  async function settle(lane: Lane): Promise<void> {
    const write = lane.unanswered;
    lane.unanswered = undefined;
    if (!write) return;
    const id = await traceOf(write);
    if (id !== undefined) happened(lane, write, id);
    if (write.type === 'create') await expectNameHeldOnlyWithOwner(lane, write.userName, id);
  }

  /** The id of what the write was for, if it happened. */
  async function traceOf(write: Unanswered): Promise<string | undefined> {
    if (write.type === 'create') return (await holderOf(write.userName))?.id;
    const { id } = write.user;
    const { status, body } = await server.request('GET', `/Users/${id}`);
    if (write.type === 'delete') return status === 404 ? id : undefined;
    if (write.type === 'patch') return body['title'] === write.title ? id : undefined;
    return (body.groups ?? []).length > 0 ? id : undefined;
  }

  async function expectNameHeldOnlyWithOwner(lane: Lane, userName: string, id: string | undefined) {
    const again = await server.request('POST', '/Users', userBody({ userName, title: 'new' }));
    expect(again.status).toBe(id === undefined ? 201 : 409);
    if (id === undefined) happened(lane, { type: 'create', userName }, again.body.id);
  }

  async function holderOf(userName: string) {
    const { Resources } = await read(server, filtered('/Users', `userName eq "${userName}"`));
    expect(Resources.length).toBeLessThanOrEqual(1);
    return Resources[0];
  }

  async function expectUsers(lane: Lane): Promise<void> {
    const prefix = `lane-${lane.number}-`;
    const { Resources, totalResults } = await read(
      server,
      filtered('/Users', `userName sw "${prefix}"`, '&count=1000'),
    );
    const found = Resources.map(({ id, userName, title, groups }) => [id, userName, title, groups?.length]);
    const known = [...lane.users.values()].map(({ id, userName, title }) => [
      id,
      userName,
      title,
      lane.members.has(id) ? 1 : undefined,
    ]);
    expect(totalResults).toBe(known.length);
    expect(found.toSorted(byId)).toEqual(known.toSorted(byId));
    // A name that was given back with a deletion is free.
    const last = lane.gone.at(-1);
    if (last) expect(await holderOf(last.userName)).toBeUndefined();
  }

  async function expectReadModels(): Promise<void> {
    // A search is answered when the audit has caught up.
    expect((await server.admin('GET', '/audit?count=1')).status).toBe(200);
    for (const unit of ['directory', 'audit'] as const) {
      expect(await dumpLive(dataDir, unit)).toEqual(await dumpReplayed(dataDir, unit, 'bulk load'));
    }
  }
});

function happened(lane: Lane, write: Unanswered, id: string): void {
  switch (write.type) {
    case 'create':
      lane.users.set(id, { id, userName: write.userName, title: 'new' });
      return;
    case 'patch':
      write.user.title = write.title;
      return;
    case 'join':
      lane.members.add(write.user.id);
      return;
    case 'delete':
      lane.users.delete(write.user.id);
      lane.members.delete(write.user.id);
      lane.gone.push(write.user);
  }
}

function expectedOf({ type }: Unanswered): number {
  return { create: 201, patch: 200, join: 204, delete: 204 }[type];
}

function byId(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
