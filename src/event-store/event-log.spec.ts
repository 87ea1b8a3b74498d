import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyStream } from './envelope/chain.js';
import type { CommandContext } from './envelope/command-context.js';
import { EventCodec } from './envelope/event-codec.js';
import type { NewEvent } from './envelope/ledger-event.js';
import { RevisionConflict } from './errors.js';
import { EventLog, type StreamWrite } from './event-log.js';
import { SqliteEventStore } from './sqlite/sqlite-event-store.js';

const STREAM = 'scim.acme.user-1';
const KEY = randomBytes(32);
const NEW = { stream: STREAM, revision: -1, tipHash: '' };

const renamed = (after: string): NewEvent => ({
  type: 'UserRenamed',
  schemaVersion: 1,
  data: { after },
  clear: { path: 'userName' },
});

const command = (): CommandContext => ({
  commandId: randomUUID(),
  correlationId: 'c',
  tenant: 'acme',
  actor: { kind: 'system', id: 's', label: 'System' },
  occurredAt: '2026-01-02T03:04:05.678Z',
});

describe('event log', () => {
  let store: SqliteEventStore;
  let log: EventLog;

  beforeEach(() => {
    store = new SqliteEventStore({ path: ':memory:' });
    log = new EventLog(store, new EventCodec({ userKey: () => KEY }));
  });

  afterEach(() => store.close());

  const write = (given: Partial<StreamWrite> & Pick<StreamWrite, 'stream' | 'revision' | 'tipHash'>) =>
    log.append([{ events: [renamed('a')], keyId: 1, ...given }], command());

  it('finds nothing in a stream that does not exist', async () => {
    expect(await log.load(STREAM)).toEqual({ revision: -1, tipHash: '', events: [] });
  });

  it('loads what was appended, opened, with what the next append needs', async () => {
    const { events } = await write({ ...NEW, events: [renamed('a'), renamed('b')] });

    const loaded = await log.load(STREAM);

    expect(loaded.events).toEqual(events);
    expect(loaded.events.map(({ data }) => data)).toEqual([{ after: 'a' }, { after: 'b' }]);
    expect(loaded).toMatchObject({ revision: 1, tipHash: events[1]!.metadata.hash });
  });

  it('chains the events of every append to those before', async () => {
    await write(NEW);
    await write(
      Object.assign({ stream: STREAM }, await log.load(STREAM), { events: [renamed('b'), renamed('c')] }),
    );

    expect(await verifyStream(store.readStream(STREAM))).toMatchObject({ verified: 3 });
  });

  it('loads from a revision on', async () => {
    const { events } = await write({ ...NEW, events: [renamed('a'), renamed('b'), renamed('c')] });

    expect((await log.load(STREAM, 1)).events).toEqual(events.slice(1));
  });

  it('appends to several streams together or to none', async () => {
    const { events } = await write(NEW);
    const claim = { type: 'NameClaimed', schemaVersion: 1, data: { ownerId: '1' } };
    const other = { stream: 'scim.acme.claim-1', revision: -1, tipHash: '', events: [claim] };
    const next = {
      stream: STREAM,
      revision: 0,
      tipHash: events[0]!.metadata.hash,
      events: [renamed('b')],
      keyId: 1,
    };

    await expect(log.append([other, { ...next, revision: 5 }], command())).rejects.toThrow(RevisionConflict);
    expect(await log.load(other.stream)).toMatchObject({ revision: -1 });

    const written = await log.append([other, next], command());
    expect(written.events.map(({ stream, revision }) => [stream, revision])).toEqual([
      [other.stream, 0],
      [STREAM, 1],
    ]);
  });

  it('changes nothing when a command is repeated', async () => {
    const context = command();
    const writes = [{ ...NEW, events: [renamed('a')], keyId: 1 }];
    const first = await log.append(writes, context);

    const second = await log.append(writes, context);

    expect(second).toEqual(first);
    expect((await log.load(STREAM)).events).toHaveLength(1);
  });

  it('appends nothing for writes without events', async () => {
    expect(await write({ ...NEW, events: [] })).toEqual({ events: [] });
    expect(await store.head()).toBeUndefined();
  });

  it('refuses a write whose hash and revision do not belong together', async () => {
    await expect(write({ ...NEW, tipHash: 'x' })).rejects.toThrow('a hash to follow');
    await expect(write({ ...NEW, revision: 3 })).rejects.toThrow('no hash to follow');
  });
});
