// Appends to EventStoreDB that go wrong on the way, with the faults of the double.
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  AppendTooLarge,
  OutcomeUnknown,
  RevisionConflict,
  StoreUnavailable,
  StreamDeleted,
} from '../../src/event-store/errors.js';
import type { EsdbEventStore } from '../../src/event-store/esdb/esdb-event-store.js';
import { canonicalJson } from '../../src/event-store/json.js';
import { type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';
import { openQuickly, QUICK } from './esdb-store.js';
import { all, event, events, newStream } from './event-store.contract.js';

describe('appends to EventStoreDB', () => {
  let directory: string;
  let file: string;
  let double: EsdbDouble;
  let store: EsdbEventStore;
  let client: EventStoreDBClient;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'esdb-'));
    file = join(directory, 'events.ndjson');
    double = await startEsdbDouble({ file });
    store = await openQuickly(double);
    client = EventStoreDBClient.connectionString(double.connectionString);
  });

  afterEach(async () => {
    await store.close();
    await client.dispose();
    await double.stop();
    await rm(directory, { recursive: true });
  });

  const idsOf = async (stream: string) => (await all(store.readStream(stream))).map(({ id }) => id);

  describe('whose answer is lost', () => {
    it('are sent again with the same event ids, and stand once', async () => {
      const [stream, written] = [newStream(), events(2)];
      await double.fault('swallow');

      const { events: stored } = await store.append(stream, 'noStream', written);

      expect(stored.map(({ id, revision }) => [id, revision])).toEqual(
        written.map(({ id }, index) => [id, index]),
      );
      expect(await all(store.readStream(stream))).toEqual(stored);
      expect((await double.stats()).unaryAppends).toBe(2);
    });

    it('are sent again when the first never arrived', async () => {
      const stream = newStream();
      await double.fault('swallow', { stored: false });

      await store.append(stream, 'noStream', events(1));

      expect(await idsOf(stream)).toHaveLength(1);
    });

    it('end with OutcomeUnknown when no answer ever comes, and can be repeated', async () => {
      const [stream, written] = [newStream(), events(2)];
      await double.fault('swallow', { count: 1000 });

      await expect(store.append(stream, 'noStream', written)).rejects.toThrow(OutcomeUnknown);
      await double.fault('heal');

      const { events: stored } = await store.append(stream, 'noStream', written);
      expect(await all(store.readStream(stream))).toEqual(stored);
    });

    it('are found by a later repetition', async () => {
      const [stream, written] = [newStream(), events(2)];
      const first = await store.append(stream, 'noStream', written);
      await store.append(stream, 1, events(1));

      const repeated = await store.append(stream, 'noStream', written);

      expect(repeated).toEqual(first);
    });

    it('take a conflict for success when their own events stand in the tail', async () => {
      const [stream, written] = [newStream(), events(2)];
      await double.fault('swallow');
      await double.fault('wrong-revision');

      const { events: stored } = await store.append(stream, 'noStream', written);

      expect(stored.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
      expect(await all(store.readStream(stream))).toEqual(stored);
    });

    it('end with the conflict when others were faster', async () => {
      const stream = newStream();
      await double.fault('swallow', { stored: false });
      const slow = store.append(stream, 'noStream', events(2));
      slow.catch(() => undefined);
      await double.until(({ unaryAppends }) => unaryAppends === 1);
      await client.appendToStream(stream, jsonEvent({ type: 'Faster', data: {} }));

      await expect(slow).rejects.toMatchObject({ name: 'RevisionConflict', stream, actual: 0 });
    });

    it('stand once when the answer was only late', async () => {
      const [stream, written] = [newStream(), events(1)];
      await double.fault('delay', { ms: QUICK.appendAttemptMs * 2 });

      const { events: stored } = await store.append(stream, 'noStream', written);

      expect(await all(store.readStream(stream))).toEqual(stored);
    });

    it('are repeated when the connection breaks before the answer', async () => {
      const [stream, written] = [newStream(), events(3)];
      await double.fault('hold');
      const held = store.append(stream, 'noStream', written);
      await double.until(({ unaryAppends }) => unaryAppends === 1);

      await double.fault('cut');
      await double.fault('release');

      expect((await held).events).toHaveLength(3);
      expect(await idsOf(stream)).toEqual(written.map(({ id }) => id));
    });

    it('end with OutcomeUnknown when it cannot be learned where they stand, and can be repeated', async () => {
      const [stream, written] = [newStream(), events(2)];
      await double.fault('mute', { appends: false });

      await expect(store.append(stream, 'noStream', written)).rejects.toThrow(OutcomeUnknown);
      await double.fault('heal');

      expect((await store.append(stream, 'noStream', written)).events).toHaveLength(2);
    });

    it('settle in the batch too, where the client alone would wait for ever', async () => {
      const secure = await startEsdbDouble({ tls: true });
      const batching = await openQuickly(secure);
      const [stream, written] = [newStream(), events(2)];
      await secure.fault('swallow');

      const { events: stored } = await batching.append(stream, 'noStream', written);

      expect(await all(batching.readStream(stream))).toEqual(stored);
      expect(await secure.stats()).toMatchObject({ unaryAppends: 0, batchAppends: 2 });
      await batching.close();
      await secure.stop();
    });
  });

  it('are refused at once by a conflict that is none of their own doing', async () => {
    await double.fault('wrong-revision');

    await expect(store.append(newStream(), 'noStream', events(1))).rejects.toThrow(RevisionConflict);

    expect((await double.stats()).unaryAppends).toBe(1);
  });

  it('without events tell whether the stream is where it was expected', async () => {
    const stream = newStream();
    await store.append(stream, 'noStream', events(2));

    await expect(store.append(stream, 0, [])).rejects.toMatchObject({ expected: 0, actual: 1 });
    expect(await store.append(stream, 1, [])).toEqual({ events: [] });
  });

  it('of 1 MiB are refused by name before anything is sent', async () => {
    const stream = newStream();
    const large = [event({ text: 'x'.repeat(600_000) }), event({ text: 'ü'.repeat(250_000) })];

    const refused = store.append(stream, 'noStream', large);

    await expect(refused).rejects.toThrow(AppendTooLarge);
    await expect(refused).rejects.toMatchObject({ stream, limitBytes: 1024 * 1024 });
    expect((await double.stats()).unaryAppends).toBe(0);
  });

  it('are refused by name when a server takes less than others do', async () => {
    await double.fault('limit', { bytes: 1000 });

    const refused = store.append(newStream(), 'noStream', [event({ text: 'x'.repeat(2000) })]);

    await expect(refused).rejects.toThrow(AppendTooLarge);
    await expect(refused).rejects.toMatchObject({ limitBytes: 1000 });
  });

  it('are refused as unavailable when the server no longer accepts user and password', async () => {
    await double.fault('deny');

    await expect(store.append(newStream(), 'noStream', events(1))).rejects.toThrow(StoreUnavailable);
    await expect(all(store.readStream(newStream()))).rejects.toThrow(/credentials/);
  });

  it('just under 1 MiB are taken', async () => {
    const stream = newStream();

    await store.append(stream, 'noStream', [event({ text: 'x'.repeat(1_048_000) })]);

    expect(await idsOf(stream)).toHaveLength(1);
  });

  it('refuse an event without a proper id before anything is sent', async () => {
    const refused = store.append(newStream(), 'noStream', [{ ...event(), id: 'not-a-uuid' }]);

    await expect(refused).rejects.toThrow(TypeError);
  });

  it('of which one fails stop there: those before it stand, those after it were never sent', async () => {
    const [one, two, three] = [newStream(), newStream(), newStream()];
    await store.append(two, 'noStream', events(1));

    const refused = store.appendMany(
      [one, two, three].map((stream) => ({ stream, expectedRevision: 'noStream', events: events(1) })),
    );

    await expect(refused).rejects.toMatchObject({ stream: two });
    expect(await idsOf(one)).toHaveLength(1);
    expect(await idsOf(three)).toEqual([]);
  });

  it('survive many broken connections: each is known to stand once, or can be repeated until it does', async () => {
    const appends = Array.from({ length: 200 }, () => ({ stream: newStream('burst'), written: events(1) }));
    const outcomes = Promise.allSettled(
      appends.map(async ({ stream, written }, index) => {
        for (let turn = 0; turn < index % 40; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
        return store.append(stream, 'noStream', written);
      }),
    );

    for (let cuts = 0; cuts < 5; cuts += 1) await double.fault('cut');

    for (const outcome of await outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect([OutcomeUnknown, StoreUnavailable].some((type) => outcome.reason instanceof type)).toBe(true);
    }
    for (const { stream, written } of appends) {
      await store.append(stream, 'noStream', written);
      expect(await idsOf(stream)).toEqual(written.map(({ id }) => id));
    }
  });

  it('keep data and metadata as what was hashed', async () => {
    const stream = newStream();
    const data = {
      '10': 'ten',
      '9': 'nine',
      b: [1e21, 0.1, -0],
      a: '\u2028 \u0007 "€" 😀',
      é: { y: null, x: true },
    };
    const metadata = { z: 1, hash: 'abc', $correlationId: 'ü', nested: { b: [], a: {} } };
    const written = { ...event(data), metadata };

    await store.append(stream, 'noStream', [written]);

    const [stored] = await all(store.readStream(stream));
    expect(canonicalJson(stored!.data)).toBe(canonicalJson(data));
    expect(canonicalJson(stored!.metadata)).toBe(canonicalJson(metadata));
    const lines = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const onTheWire = lines.find(({ id }) => id === written.id);
    expect(Buffer.from(onTheWire.metadata, 'base64').toString()).toBe(canonicalJson(metadata));
    expect(onTheWire.contentType).toBe('application/json');
  });

  describe('to a stream that was taken away with the tools of the store', () => {
    it('are refused when it was deleted for ever, as are reads', async () => {
      const stream = newStream();
      await store.append(stream, 'noStream', events(2));
      await client.tombstoneStream(stream);

      await expect(store.append(stream, 1, events(1))).rejects.toThrow(StreamDeleted);
      await expect(all(store.readStream(stream))).rejects.toThrow(StreamDeleted);
    });

    it('say so when it was deleted softly and goes on counting', async () => {
      const stream = newStream();
      await store.append(stream, 'noStream', events(2));
      await client.deleteStream(stream);

      expect(await idsOf(stream)).toEqual([]);
      await expect(store.append(stream, 'noStream', events(1))).rejects.toThrow(StreamDeleted);
      await expect(all(store.readStream(stream))).rejects.toThrow(StreamDeleted);
    });

    it('go on where only its start was truncated, and reads from the start say what is missing', async () => {
      const stream = newStream();
      await store.append(stream, 'noStream', events(5));
      await client.setStreamMetadata(stream, { maxCount: 2 });

      const { events: stored } = await store.append(stream, 4, events(1));

      expect(stored[0]!.revision).toBe(5);
      expect(await all(store.readStream(stream, { from: 4 }))).toHaveLength(2);
      const fromTheStart = all(store.readStream(stream));
      await expect(fromTheStart).rejects.toMatchObject({
        name: 'StreamDeleted',
        cause: { message: 'revision 4 comes where 0 should be' },
      });
    });
  });
});
