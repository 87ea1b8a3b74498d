// How the EventStoreDB adapter connects: credentials, TLS, clusters, and servers that are away.
import { afterEach, describe, expect, it } from '@jest/globals';
import { StoreMisconfigured, StoreUnavailable } from '../../src/event-store/errors.js';
import { type EsdbEventStore, openEsdbEventStore } from '../../src/event-store/esdb/esdb-event-store.js';
import { type DoubleOptions, type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';
import { openQuickly, QUICK } from './esdb-store.js';
import { all, events, newStream } from './event-store.contract.js';

describe('the connection to EventStoreDB', () => {
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function start(options: DoubleOptions = {}): Promise<EsdbDouble> {
    const double = await startEsdbDouble(options);
    closing.push(() => double.stop());
    return double;
  }

  async function open(
    double: EsdbDouble,
    connectionString = double.connectionString,
  ): Promise<EsdbEventStore> {
    const store = await openQuickly({ ...double, connectionString });
    closing.push(() => store.close());
    return store;
  }

  it('is refused as unavailable where nobody listens', async () => {
    const double = await start();
    await double.fault('refuse');

    await expect(open(double)).rejects.toThrow(StoreUnavailable);
  });

  it('is unavailable for appends and reads while the server is away, and recovers by itself', async () => {
    const double = await start();
    const store = await open(double);
    const stream = newStream();
    await store.append(stream, 'noStream', events(1));
    await double.fault('refuse');

    await expect(store.head()).rejects.toThrow(StoreUnavailable);
    await expect(store.append(stream, 0, events(1))).rejects.toThrow(StoreUnavailable);
    await expect(all(store.readStream(stream))).rejects.toThrow(StoreUnavailable);
    await double.fault('accept');

    expect((await store.append(stream, 0, events(1))).events[0]!.revision).toBe(1);
    expect(await all(store.readStream(stream))).toHaveLength(2);
  });

  it('is one for all stores of a process that name the same server', async () => {
    const double = await start();
    const stores = [await open(double), await open(double)];

    await Promise.all(stores.map((store) => store.append(newStream(), 'noStream', events(1))));
    await stores[0]!.close();

    expect((await stores[1]!.append(newStream(), 'noStream', events(1))).events).toHaveLength(1);
    expect((await double.stats()).connections).toBe(1);
  });

  it('is refused for a wrong password, which is not repeated', async () => {
    const double = await start({ tls: true, user: 'ledger:pass' });

    const refused = openEsdbEventStore(double.connectionString.replace('pass', 'guess'), { timing: QUICK });

    await expect(refused).rejects.toThrow(StoreMisconfigured);
    await expect(refused).rejects.not.toThrow(/guess/);
  });

  it.each([
    ['tls=maybe', /expected true or false/],
    ['tlsCAFile=/no/such/file', /File was not found/],
  ])('is refused for what the client cannot use: %s', async (option, message) => {
    const opening = openEsdbEventStore(`esdb://ledger:secret@localhost:1?${option}`);

    await expect(opening).rejects.toThrow(StoreMisconfigured);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow(/secret/);
  });

  it('carries a percent-encoded password over TLS', async () => {
    const double = await start({ tls: true, user: 'ledger:p@ss' });
    const store = await open(double, double.connectionString.replace('p@ss', 'p%40ss'));

    expect((await store.append(newStream(), 'noStream', events(1))).events).toHaveLength(1);
  });

  it('sends each append by itself when it has a password', async () => {
    const double = await start({ tls: true, user: 'ledger:secret' });
    const store = await open(double);

    await store.append(newStream(), 'noStream', events(1));

    expect(await double.stats()).toMatchObject({ unaryAppends: 1, batchAppends: 0 });
  });

  it('refuses a server whose certificate nobody vouches for', async () => {
    const double = await start({ tls: true });

    await expect(open(double, `esdb://localhost:${double.port}`)).rejects.toThrow(/certificate/);
  });

  it('finds the leader of a cluster by gossip', async () => {
    const [follower, leader] = [await start(), await start()];
    await follower.fault('follow', { host: leader.host, port: leader.port });

    const store = await open(follower, `esdb+discover://127.0.0.1:${follower.port}?tls=false`);
    await store.append(newStream(), 'noStream', events(1));

    expect(await leader.stats()).toMatchObject({ unaryAppends: 1 });
    expect(await follower.stats()).toMatchObject({ unaryAppends: 0 });
  });

  it('is unavailable where no member of a cluster answers', async () => {
    const double = await start();
    await double.fault('refuse');
    const options = 'tls=false&maxDiscoverAttempts=2&discoveryInterval=10';

    const opening = open(double, `esdb+discover://127.0.0.1:${double.port}?${options}`);

    await expect(opening).rejects.toThrow(StoreUnavailable);
  });
});
