// Subscriptions to EventStoreDB and reads of its whole log, with the faults of the double.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { StoreUnavailable } from '../../src/event-store/errors.js';
import { EsdbEventStore } from '../../src/event-store/esdb/esdb-event-store.js';
import { type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';
import { appendAll, Listener, openQuickly, QUICK } from './esdb-store.js';
import { all, events, newStream, take } from './event-store.contract.js';

const foreign = (count: number) =>
  Array.from({ length: count }, () => jsonEvent({ type: 'SomethingElseHappened', data: {} }));

describe('subscriptions to EventStoreDB', () => {
  let directory: string;
  let file: string;
  let double: EsdbDouble;
  let store: EsdbEventStore;
  let client: EventStoreDBClient;
  let drops: unknown[];
  const stop = new Set<() => Promise<unknown>>();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'esdb-'));
    file = join(directory, 'events.ndjson');
    double = await startEsdbDouble({ file });
    drops = [];
    store = await openQuickly(double, { onSubscriptionDropped: (error) => drops.push(error) });
    client = EventStoreDBClient.connectionString(double.connectionString);
  });

  afterEach(async () => {
    await store.close();
    await client.dispose();
    for (const end of stop) await end();
    stop.clear();
    await double.stop();
    await rm(directory, { recursive: true });
  });

  function listen(): Listener {
    const listener = new Listener(store.subscribeAll({}));
    listener.ended.catch(() => undefined);
    return listener;
  }

  it.each(['cut', 'restart'] as const)('go on after a %s without gap or duplicate', async (fault) => {
    const [stream, written] = [newStream(), events(40)];
    const listener = listen();
    await store.append(stream, 'noStream', written.slice(0, 20));
    await listener.received(20);

    await double.fault(fault);
    await double.until(({ subscriptions }) => subscriptions === 1);
    await store.append(stream, 19, written.slice(20));

    const received = await listener.received(40);
    expect(received.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
    expect(drops).toHaveLength(1);
  });

  it('go on from the last event when they are cut again and again while catching up', async () => {
    const written = await appendAll(store, newStream(), 1500);
    const listener = listen();

    for (let cuts = 1; cuts <= 4; cuts += 1) {
      await listener.received(cuts * 250);
      await double.fault('cut');
    }

    const received = await listener.received(1500);
    expect(received.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
  });

  it('go on when the server was away for a while', async () => {
    const stream = newStream();
    const listener = listen();
    await store.append(stream, 'noStream', events(1));
    await listener.received(1);

    await double.fault('refuse');
    await waitFor(() => drops.length >= 3);
    await double.fault('accept');
    await double.until(({ subscriptions }) => subscriptions === 1);
    await store.append(stream, 0, events(1));

    expect((await listener.received(2)).map(({ revision }) => revision)).toEqual([0, 1]);
  });

  it('go on when a server takes them and says nothing', async () => {
    await double.fault('mute');
    const listener = listen();
    await waitFor(() => drops.length >= 1);

    await double.fault('heal');
    await double.until(({ subscriptions }) => subscriptions === 1);
    await store.append(newStream(), 'noStream', events(1));

    expect(await listener.received(1)).toHaveLength(1);
  });

  it('begin again after what others wrote meanwhile, and do not pass through it once more', async () => {
    const listener = listen();
    const { events: stored } = await store.append(newStream(), 'noStream', events(1));
    await listener.received(1);
    await client.appendToStream('other-1', foreign(2500));
    const last = await store.append(newStream(), 'noStream', events(1));
    await listener.received(2);
    await client.appendToStream('other-2', foreign(2500));

    await waitForCheckpoint(async () => {
      await double.fault('cut');
      const { subscribedAfter = 0 } = await double.until(({ subscriptions }) => subscriptions === 1);
      return subscribedAfter > Number(last.events[0]!.position.split('/')[0]);
    });

    expect(stored).toHaveLength(1);
  });

  it('leave out what the server and other applications write', async () => {
    const [stream, gone] = [newStream(), newStream()];
    const listener = listen();
    await store.append(stream, 'noStream', events(1));
    await client.appendToStream('scimmer-1', foreign(1));
    await store.append(gone, 'noStream', events(1));
    await client.setStreamMetadata(stream, { maxAge: 1000 });
    await client.tombstoneStream(gone);
    await store.append(stream, 0, events(1));

    const received = await listener.received(3);

    expect(received.map((event) => event.stream)).toEqual([stream, gone, stream]);
    expect(await all(store.readAll())).toEqual(received);
  });

  it('find the head behind what the server and other applications write', async () => {
    const { events: stored } = await store.append(newStream(), 'noStream', events(2));
    await client.appendToStream('other-1', foreign(700));
    const gone = newStream();

    expect(await store.head()).toBe(stored.at(-1)!.position);
    await client.appendToStream('other-1', foreign(20));
    expect(await store.head()).toBe(stored.at(-1)!.position);
    const { events: later } = await store.append(gone, 'noStream', events(1));
    await client.tombstoneStream(gone);
    expect(await store.head()).toBe(later[0]!.position);
  });

  it('know no head where nothing of ours is', async () => {
    expect(await store.head()).toBeUndefined();
    expect(await all(store.readAll())).toEqual([]);
  });

  it('refuse what is no position', async () => {
    await store.append(newStream(), 'noStream', events(1));

    await expect(take(store.subscribeAll({ after: '0000000000000001' }), 1)).rejects.toThrow(RangeError);
  });

  it('stop with an error at an event of ours that is no JSON', async () => {
    const stream = newStream();
    await client.appendToStream(stream, {
      id: crypto.randomUUID(),
      type: 'Picture',
      contentType: 'application/octet-stream',
      data: Uint8Array.from([1, 2]),
      metadata: {},
    });

    await expect(take(store.subscribeAll({}), 1)).rejects.toThrow(`(${stream}@0) is not JSON`);
    await expect(all(store.readStream(stream))).rejects.toThrow(TypeError);
  });

  it('end with StoreUnavailable when the server no longer accepts user and password', async () => {
    const listener = listen();
    await store.append(newStream(), 'noStream', events(1));
    await listener.received(1);

    await double.fault('deny');
    await double.fault('cut');

    await expect(listener.ended).rejects.toThrow(StoreUnavailable);
  });

  it('end their call at the server when the reader leaves', async () => {
    await store.append(newStream(), 'noStream', events(2));

    await take(store.subscribeAll({}), 1);

    expect(await double.until(({ subscriptions }) => subscriptions === 0)).toMatchObject({
      subscriptions: 0,
    });
  });

  describe('when another node leads', () => {
    let leader: EsdbDouble;

    async function elect(): Promise<void> {
      leader = await startEsdbDouble({ file });
      stop.add(() => leader.stop());
      await double.fault('follow', { host: leader.host, port: leader.port });
    }

    it('appends go to it, and subscriptions follow', async () => {
      const [stream, written] = [newStream(), events(2)];
      const listener = listen();
      await store.append(stream, 'noStream', written.slice(0, 1));
      await listener.received(1);
      await elect();

      await store.append(stream, 0, written.slice(1));

      const received = await listener.received(2);
      expect(received.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
      expect(await leader.stats()).toMatchObject({ unaryAppends: 1, subscriptions: 1 });
    });

    it('reads go to it', async () => {
      const stream = newStream();
      const { events: stored } = await store.append(stream, 'noStream', events(3));
      await elect();

      expect(await all(store.readStream(stream))).toEqual(stored);
      expect(await store.head()).toBe(stored.at(-1)!.position);
      expect(await all(store.readAll())).toEqual(stored);
    });
  });

  describe('reads of the whole log', () => {
    it('go on after a cut where they were', async () => {
      const written = await appendAll(store, newStream(), 1500);
      const read: string[] = [];

      for await (const { id } of store.readAll()) {
        read.push(id);
        if (read.length === 500) await double.fault('cut');
      }

      expect(read).toEqual(written.map(({ id }) => id));
    });

    it('end before what comes after the position they are to end at', async () => {
      const { events: stored } = await store.append(newStream(), 'noStream', events(3));
      const [first, second] = stored.map(({ position }) => position);
      // between the two, where no event of ours is
      const until = first!.replace(/\d$/, '9').replace(/\d(?=\/)/, '9');
      expect(until < second!).toBe(true);

      expect(await all(store.readAll({ until }))).toEqual(stored.slice(0, 1));
      expect(await all(store.readAll({ until: '9'.repeat(20) }))).toEqual(stored);
    });

    it('end with StoreUnavailable when the server falls silent', async () => {
      await store.append(newStream(), 'noStream', events(1));
      await double.fault('mute');

      await expect(all(store.readAll())).rejects.toThrow(StoreUnavailable);
      await expect(all(store.readStream(newStream()))).rejects.toThrow(StoreUnavailable);
    });

    it('end with StoreUnavailable when the store is closed under them', async () => {
      const other = new EsdbEventStore(double.connectionString, { timing: QUICK });
      await appendAll(other, newStream(), 300);
      const reading = (async () => {
        for await (const { revision } of other.readAll()) if (revision === 10) await other.close();
      })();

      await expect(reading).rejects.toThrow(StoreUnavailable);
    });
  });
});

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

async function waitForCheckpoint(attempt: () => Promise<boolean>): Promise<void> {
  while (!(await attempt())) await new Promise((resolve) => setImmediate(resolve));
}
