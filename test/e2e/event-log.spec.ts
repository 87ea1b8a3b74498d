// What the log holds after real requests: whole chains, known ids, complete metadata, and nothing for nothing.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  createGroup,
  createUser,
  ENTERPRISE,
  patch,
  patchBody,
  references,
  userBody,
} from '../conformance/scim.js';
import { hashOf, NO_HASH, verifyStream } from '../../src/event-store/envelope/chain.js';
import { uuidV5 } from '../../src/event-store/envelope/uuid.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { startApp, type App } from '../support/app.js';
import { newDataDir, removeDataDir } from '../support/processes.js';

let app: App;
let dataDir: string;

beforeAll(async () => {
  dataDir = await newDataDir();
  app = await startApp({ dataDir, stores: 'sqlite' });
  await traffic();
});

afterAll(async () => {
  await app.stop();
  await removeDataDir(dataDir);
});

async function traffic(): Promise<void> {
  const users = await Promise.all(
    Array.from({ length: 20 }, () => createUser(app, { [ENTERPRISE]: { department: 'Navy' } })),
  );
  const [first, second] = users;
  const group = await createGroup(app, { members: references(...users.slice(0, 10)) });
  const path = `/Users/${first?.id}`;
  await patch(app, path, { op: 'Add', path: 'active', value: 'False' });
  await patch(
    app,
    path,
    { op: 'replace', path: 'userName', value: 'renamed' },
    { op: 'replace', path: 'title', value: 'Renamed' },
    { op: 'replace', path: 'active', value: true },
  );
  await app.request('PUT', path, userBody({ userName: 'put' }));
  await patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(...users) });
  await patch(app, `/Groups/${group.id}`, { op: 'replace', path: 'displayName', value: 'Renamed' });
  await patch(app, `/Groups/${group.id}`, { op: 'remove', path: 'members' });
  await app.request('POST', '/Users', userBody({ userName: second?.userName }));
  await app.request('DELETE', `/Users/${second?.id}`);
  await app.request('DELETE', `/Groups/${group.id}`);
  const { body } = await app.admin('POST', '/tenants/default/tokens', { name: 'another' });
  await app.admin('DELETE', `/tenants/default/tokens/${body.id}`);
}

function allEvents(): readonly StoredEvent[] {
  const reader = SqliteEventStore.openReadOnly(join(dataDir, 'log.sqlite'));
  try {
    return reader.readAllSync(undefined, Number.MAX_SAFE_INTEGER);
  } finally {
    reader.close();
  }
}

function byStream(events: readonly StoredEvent[]): ReadonlyMap<string, readonly StoredEvent[]> {
  return Map.groupBy(events, ({ stream }) => stream);
}

describe('the log', () => {
  it('has a whole hash chain in every stream', async () => {
    const streams = byStream(allEvents());

    expect(streams.size).toBeGreaterThan(40);
    for (const [stream, events] of streams) {
      const report = await verifyStream(events);
      expect([stream, report]).toEqual([
        stream,
        { verified: events.length, tipHash: hashOf(events.at(-1)!) },
      ]);
      expect(events[0]?.metadata['prevHash']).toBe(NO_HASH);
    }
  });

  it('shows any change of an event as a break of its chain', async () => {
    const [events] = [...byStream(allEvents()).values()].filter(({ length }) => length > 2);
    const [first, second, third, ...rest] = events!;
    const other = { ...second!, data: { ...second!.data, sealed: 'other' } };

    expect(await verifyStream([first!, other, third!, ...rest])).toMatchObject({
      problem: { revision: 1, reason: 'hash differs' },
    });
    expect(await verifyStream([first!, third!, ...rest])).toMatchObject({
      problem: { revision: 2, reason: 'revision out of order' },
    });
  });

  it('has events of every kind that the requests led to', () => {
    const types = new Set(allEvents().map(({ type }) => type));

    expect([...types].toSorted()).toEqual([
      'GroupCreated',
      'GroupDeleted',
      'GroupMembersAdded',
      'GroupMembersRemoved',
      'GroupRenamed',
      'NameClaimed',
      'NameReleased',
      'SecretKeyRegistered',
      'TenantRegistered',
      'TokenIssued',
      'TokenRevoked',
      'UserAttributesChanged',
      'UserDeactivated',
      'UserDeprovisioned',
      'UserProvisioned',
      'UserReactivated',
      'UserRenamed',
      'WriteRefused',
    ]);
  });

  it('has the tenant and its first token from one command: no start leaves one without the other', () => {
    const [registered] = allEvents().filter(({ type }) => type === 'TenantRegistered');
    const [issued] = allEvents().filter(({ type }) => type === 'TokenIssued');

    expect(registered).toBeDefined();
    expect(commandOf(issued!)).toBe(commandOf(registered!));
  });

  it('has ids that follow from the command, the stream and the place in it', () => {
    const events = allEvents();
    const places = new Map<string, number>();
    for (const { id, stream, metadata } of events) {
      const commandId = commandOf({ metadata });
      const place = places.get(`${commandId} ${stream}`) ?? 0;
      places.set(`${commandId} ${stream}`, place + 1);
      expect(id).toBe(uuidV5(commandId, `${stream} ${place}`));
      expect(id[14]).toBe('5');
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('has complete metadata in every event', () => {
    for (const { metadata, stream, type } of allEvents()) {
      expect(metadata).toMatchObject({
        $correlationId: expect.stringMatching(UUID),
        $causationId: expect.stringMatching(UUID),
        tenant: stream.split('.')[1],
        schemaVersion: 1,
        commandId: expect.stringMatching(UUID),
        actor: { kind: expect.any(String), id: expect.any(String), label: expect.any(String) },
        occurredAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        prevHash: expect.stringMatching(/^([0-9a-f]{64})?$/),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      const isPersonal = type.startsWith('User');
      expect([type, typeof metadata['keyId'], typeof metadata['keyHash']]).toEqual([
        type,
        isPersonal ? 'number' : 'undefined',
        isPersonal ? 'string' : 'undefined',
      ]);
    }
  });

  it('counts the events of a command without gaps', () => {
    const commands = Map.groupBy(allEvents(), commandOf);

    for (const events of commands.values()) {
      expect(events.map(({ metadata }) => metadata['commandIndex'])).toEqual(events.map((_, index) => index));
      for (const { metadata } of events) expect(metadata['commandSize']).toBe(events.length);
    }
  });

  it('has the request of every event that a request led to, and personal parts of it only sealed', () => {
    const events = allEvents().filter(({ metadata }) => isOfRequest(metadata));

    expect(events.length).toBeGreaterThan(50);
    for (const { metadata, type } of events) {
      const request = metadata['request'] as Record<string, string>;
      expect(request).toMatchObject({
        id: expect.stringMatching(UUID),
        method: expect.stringMatching(/^(POST|PUT|PATCH|DELETE)$/),
        path: expect.stringMatching(/^\/(scim\/v2|admin\/v1)\//),
      });
      if (type.startsWith('User')) expect(Object.keys(request)).toEqual(['id', 'method', 'path']);
    }
  });

  it('holds no personal value of a user beside the seal', () => {
    for (const { type, data } of allEvents()) {
      if (!type.startsWith('User')) continue;
      const { sealed, ...clear } = data;
      expect(typeof sealed).toBe('string');
      // Paths tell what changed, not to what.
      expect(JSON.stringify(clear)).not.toMatch(/renamed|put|Navy|user-\d/);
    }
  });

  it('tells the leniencies that a request needed', () => {
    const [lenient] = allEvents().filter(({ type }) => type === 'UserDeactivated');

    expect(lenient?.metadata['leniencies']).toEqual(['booleanAsString']);
  });

  it('commits what belongs together as one run of positions', () => {
    const events = allEvents();
    const commands = Map.groupBy(events, commandOf);

    for (const own of commands.values()) {
      const positions = own.map(({ position }) => Number(position));
      expect(positions).toEqual(positions.map((_, index) => positions[0]! + index));
    }
  });
});

describe('a write that changes nothing', () => {
  it.each([
    ['a PATCH to the values there are', (id: string) => patch(app, `/Users/${id}`, TITLE)],
    [
      'a PATCH that disables who is disabled',
      (id: string) => patch(app, `/Users/${id}`, { op: 'replace', path: 'active', value: 'False' }),
    ],
    [
      'a PATCH that removes what is not there',
      (id: string) => patch(app, `/Users/${id}`, { op: 'remove', path: 'nickName' }),
    ],
    ['a PATCH without operations', (id: string) => app.request('PATCH', `/Users/${id}`, patchBody())],
    [
      'a PATCH of the password alone',
      (id: string) => patch(app, `/Users/${id}`, { op: 'replace', path: 'password', value: 'discarded' }),
    ],
  ])('appends nothing: %s', async (_, write) => {
    const { id, meta } = await createUser(app, { title: 'Same', active: false });
    const before = allEvents().length;

    const reply = await write(id);

    expect(reply.status).toBe(200);
    expect(reply.body.meta).toEqual(meta);
    expect(reply.headers.get('etag')).toBe(meta.version);
    expect(allEvents()).toHaveLength(before);
  });

  it('appends nothing: a PUT of what is there', async () => {
    const user = await createUser(app, { title: 'Same' });
    const before = allEvents().length;

    const reply = await app.request('PUT', `/Users/${user.id}`, user);

    expect(reply.body).toEqual(user);
    expect(allEvents()).toHaveLength(before);
  });

  it('appends nothing: adding members that are there and removing some that are not', async () => {
    const [user, stranger] = [await createUser(app), await createUser(app)];
    const group = await createGroup(app, { members: references(user) });
    const before = allEvents().length;

    const replies = [
      await patch(app, `/Groups/${group.id}`, { op: 'add', path: 'members', value: references(user) }),
      await patch(app, `/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${stranger.id}"]` }),
      await patch(app, `/Groups/${group.id}`, { op: 'replace', path: 'members', value: references(user) }),
    ];

    expect(replies.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(allEvents()).toHaveLength(before);
  });

  it('appends nothing: a start of the server', async () => {
    const before = allEvents();
    await app.stop();

    app = await startApp({ dataDir, stores: 'sqlite', env: { SCIM_TOKEN: app.token } });

    expect(allEvents()).toEqual(before);
  });
});

const TITLE = { op: 'replace', path: 'title', value: 'Same' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isOfRequest({ actor }: StoredEvent['metadata']): boolean {
  return (actor as { kind: string }).kind !== 'system';
}

function commandOf({ metadata }: Pick<StoredEvent, 'metadata'>): string {
  // Every event of ours has one, which is tested above.
  return metadata['commandId'] as string;
}
