// Claims through the adapter of EventStoreDB, over the wire, with the faults of the double: appends that are held, lost,
// or whose answer is.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WriteTiming } from '../../src/commands/write-timing.js';
import { type EsdbEventStore, openEsdbEventStore } from '../../src/event-store/esdb/esdb-event-store.js';
import { streamName } from '../../src/event-store/stream-names.js';
import { openKeyStore, type KeyStore } from '../../src/keys/key-store.js';
import { TENANT } from '../support/commands.js';
import { type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';
import { Gate, has, openWriter, timingOf, type Writer } from '../support/writers.js';
import { describeClaims } from './claims.contract.js';
import { QUICK } from './esdb-store.js';

let opened = 0;

/** A store with a client of its own, as a process of its own has it. */
function openSeparately(double: EsdbDouble): Promise<EsdbEventStore> {
  opened += 1;
  return openEsdbEventStore(`${double.connectionString}&connectionName=process-${opened}`, { timing: QUICK });
}

describe('over the wire', () => {
  let double: EsdbDouble;

  beforeAll(async () => {
    double = await startEsdbDouble();
  });

  afterAll(() => double.stop());

  describeClaims('EventStoreDB double', async () => {
    const stores: EsdbEventStore[] = [];
    return {
      open: async () => {
        const store = await openSeparately(double);
        stores.push(store);
        return store;
      },
      cleanUp: async () => {
        await Promise.all(stores.map((store) => store.close()));
      },
    };
  });
});

describe('claims on EventStoreDB', () => {
  let double: EsdbDouble;
  let keys: KeyStore;
  let stores: EsdbEventStore[];
  let writers: Writer[];

  beforeEach(async () => {
    double = await startEsdbDouble();
    keys = openKeyStore({ path: ':memory:', secretKey: Buffer.alloc(32, 7), poolSize: 64 });
    stores = [];
    writers = [];
  });

  afterEach(async () => {
    for (const writer of writers) writer.close();
    await Promise.all(stores.map((store) => store.close()));
    keys.close();
    await double.stop();
  });

  const newWriter = async (times: Partial<WriteTiming> = {}): Promise<Writer> => {
    const store = await openSeparately(double);
    const writer = openWriter(store, keys, timingOf(times));
    stores.push(store);
    writers.push(writer);
    return writer;
  };
  const typesOf = async ({ log }: Writer, category: string, id: string) =>
    (await log.load(streamName(TENANT, category, id))).events.map(({ type }) => type);
  const refused = { status: 409, scimType: 'uniqueness' };

  it.each(['NameClaimed', 'UserProvisioned'])(
    'a create whose answer to %s is lost succeeds, and stands once',
    async (type) => {
      const writer = await newWriter();
      writer.steps.before = async (append) => {
        if (has(type)(append)) await double.fault('swallow');
      };

      const { id } = await writer.create('ada');

      expect((await double.stats()).unaryAppends).toBe(3);
      expect(await typesOf(writer, 'user', id)).toEqual(['UserProvisioned']);
      await expect((await newWriter()).create('ada')).rejects.toMatchObject(refused);
    },
  );

  it.each(['NameClaimed', 'UserRenamed', 'NameReleased'])(
    'a rename whose answer to %s is lost succeeds, and frees the old name',
    async (type) => {
      const writer = await newWriter();
      const { id } = await writer.create('ada');
      writer.steps.before = async (append) => {
        if (has(type)(append)) await double.fault('swallow');
      };

      await writer.rename(id, 'eve');

      expect(await typesOf(writer, 'user', id)).toEqual(['UserProvisioned', 'UserRenamed']);
      await expect((await newWriter()).create('eve')).rejects.toMatchObject(refused);
      await expect((await newWriter()).create('ada')).resolves.toBeDefined();
    },
  );

  it('a change that stands, though nothing tells so before the time is over, keeps its name', async () => {
    const writer = await newWriter();
    writer.steps.before = async (append) => {
      if (has('UserProvisioned')(append)) await double.fault('swallow', { count: 1000 });
    };

    await expect(writer.create('ada')).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    await double.fault('heal');

    await expect((await newWriter({ politenessMs: 0 })).create('ada')).rejects.toMatchObject(refused);
  });

  it('a claim of unknown outcome changes nothing, and can be taken over', async () => {
    const writer = await newWriter();
    await double.fault('swallow', { count: 1000 });

    await expect(writer.create('ada', 'lost')).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await double.fault('heal');

    await expect((await newWriter({ politenessMs: 0 })).create('ada')).resolves.toBeDefined();
    expect(await typesOf(writer, 'user', 'lost')).toEqual(['ProvisioningAbandoned']);
  });

  it('a create that the network holds until it was fenced off creates nobody', async () => {
    const [slow, quick] = [await newWriter(), await newWriter({ politenessMs: 0 })];
    const gate = new Gate();
    slow.steps.before = (append) => (has('UserProvisioned')(append) ? gate.pass() : undefined);
    const late = slow.create('ada', 'late');
    late.catch(() => undefined);
    await gate.reached;
    const { id } = await quick.create('ada');
    const { unaryAppends } = await double.stats();
    await double.fault('hold');
    gate.open();
    await double.until((stats) => stats.unaryAppends > unaryAppends);

    await double.fault('release');

    await expect(late).rejects.toMatchObject({ status: 503 });
    expect(await typesOf(quick, 'user', 'late')).toEqual(['ProvisioningAbandoned']);
    expect(await typesOf(quick, 'user', id)).toEqual(['UserProvisioned']);
  });

  it('a change larger than the store takes in one append is refused, and gives its name back', async () => {
    const writer = await newWriter();
    const members = Array.from({ length: 20_000 }, (_, index) => ({
      value: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      type: 'User',
    }));

    await expect(writer.createGroup('All', members)).rejects.toMatchObject({
      status: 413,
      detail: expect.stringContaining('1048576 bytes') as unknown,
    });

    const { id } = await (await newWriter({ ownerWaitMs: 0 })).createGroup('All', members.slice(0, 16_000));
    expect(await writer.membersOf(id)).toHaveLength(16_000);
  });
});
