// What the double must do beyond what the adapter asks of it, seen through the real client.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AllStreamResolvedEvent,
  eventTypeFilter,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  MaxAppendSizeExceededError,
  type ResolvedEvent,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';

const CREDENTIALS = { username: 'nobody', password: 'nobody' };

describe('the double of EventStoreDB', () => {
  let double: EsdbDouble;
  let client: EventStoreDBClient;

  beforeAll(async () => {
    double = await startEsdbDouble();
    client = EventStoreDBClient.connectionString(double.connectionString);
  });

  // the client itself waits for ever for a read that was left early
  afterAll(() => double.stop());

  const newStream = () => `test-${randomUUID()}`;
  const event = (data: Record<string, unknown> = {}, type = 'Tested') => jsonEvent({ type, data });
  const several = (count: number) => Array.from({ length: count }, (_, index) => event({ index }));
  const revisions = async (source: AsyncIterable<ResolvedEvent>): Promise<number[]> => {
    const read: number[] = [];
    for await (const resolved of source) read.push(Number(resolved.event?.revision));
    return read;
  };

  describe.each([
    ['in the batch', {}],
    ['each by itself', { credentials: CREDENTIALS }],
  ])('appends %s', (_, how) => {
    it('answer with revision and position of the last event', async () => {
      const stream = newStream();

      const result = await client.appendToStream(stream, several(3), {
        ...how,
        expectedRevision: 'no_stream',
      });

      expect(result).toMatchObject({ success: true, nextExpectedRevision: 2n });
      for await (const { event: read } of client.readStream(stream, {
        direction: 'backwards',
        fromRevision: 'end',
      })) {
        expect(read?.position).toEqual(result.position);
        break;
      }
      expect.assertions(2);
    });

    it('refuse what is not as expected', async () => {
      const stream = newStream();
      await client.appendToStream(stream, several(3), how);

      for (const expectedRevision of ['no_stream', 0n, 7n] as const) {
        const refused = client.appendToStream(stream, event(), { ...how, expectedRevision });
        await expect(refused).rejects.toMatchObject({ expectedVersion: expectedRevision, actualVersion: 2n });
        await expect(refused).rejects.toThrow(WrongExpectedVersionError);
      }
      const missing = client.appendToStream(newStream(), event(), {
        ...how,
        expectedRevision: 'stream_exists',
      });
      await expect(missing).rejects.toMatchObject({ actualVersion: 'no_stream' });
    });

    it('refuse more than 1 MiB', async () => {
      const large = event({ text: 'x'.repeat(1024 * 1024) });

      await expect(client.appendToStream(newStream(), large, how)).rejects.toMatchObject({
        name: expect.any(String),
        maxAppendSize: 1024 * 1024,
      });
      await expect(client.appendToStream(newStream(), large, how)).rejects.toThrow(
        MaxAppendSizeExceededError,
      );
    });

    it('refuse a stream that was deleted for ever', async () => {
      const stream = newStream();
      await client.appendToStream(stream, event(), how);
      await client.tombstoneStream(stream);

      const refused = client.appendToStream(stream, event(), how);

      await expect(refused).rejects.toThrow(StreamDeletedError);
      await expect(refused).rejects.toMatchObject({ streamName: stream });
    });
  });

  it('deletes softly: reads find nothing until it is written again, and revisions go on', async () => {
    const stream = newStream();
    await client.appendToStream(stream, several(3));
    await expect(client.deleteStream(stream, { expectedRevision: 0n })).rejects.toThrow(
      WrongExpectedVersionError,
    );
    await client.deleteStream(stream, { expectedRevision: 2n });

    await expect(revisions(client.readStream(stream))).rejects.toThrow(StreamNotFoundError);
    await client.appendToStream(stream, several(2), { expectedRevision: 'no_stream' });

    expect(await revisions(client.readStream(stream))).toEqual([3, 4]);
  });

  it('refuses to read or delete what was deleted for ever', async () => {
    const stream = newStream();
    await client.appendToStream(stream, event());
    await client.tombstoneStream(stream, { expectedRevision: 0n });

    await expect(revisions(client.readStream(stream))).rejects.toThrow(StreamDeletedError);
    await expect(client.deleteStream(stream)).rejects.toThrow(StreamDeletedError);
  });

  it('shows of a stream what its metadata leaves', async () => {
    const stream = newStream();
    await client.appendToStream(stream, several(5));

    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await revisions(client.readStream(stream))).toEqual([3, 4]);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 2 });
    await client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await revisions(client.readStream(stream))).toEqual([4]);
    await client.setStreamMetadata(stream, { maxAge: 0 });
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await revisions(client.readStream(stream))).toEqual([]);
  });

  it('reads all events in both directions from a position', async () => {
    const stream = newStream();
    const { position } = await client.appendToStream(stream, event({ at: 'position' }));
    await client.appendToStream(stream, several(2));
    const ours = async (source: AsyncIterable<AllStreamResolvedEvent>) => {
      const read: number[] = [];
      for await (const { event: one } of source)
        if (one?.streamId === stream) read.push(Number(one.revision));
      return read;
    };

    expect(await ours(client.readAll({ fromPosition: position! }))).toEqual([0, 1, 2]);
    expect(await ours(client.readAll({ direction: 'backwards', fromPosition: 'end' }))).toEqual([2, 1, 0]);
    expect(await ours(client.readAll({ direction: 'backwards', fromPosition: position! }))).toEqual([]);
    expect(await ours(client.readAll({ maxCount: 1 }))).toEqual([]);
  });

  it('sends subscriptions to a stream what is there and what comes', async () => {
    const stream = newStream();
    await client.appendToStream(stream, several(3));
    const subscription = client.subscribeToStream(stream, { fromRevision: 0n });
    const caughtUp = new Promise((resolve) => subscription.once('caughtUp', () => resolve(true)));

    const received: number[] = [];
    for await (const resolved of subscription) {
      received.push(Number(resolved.event?.revision));
      if (received.length === 2) await client.appendToStream(stream, several(2));
      if (received.length === 4) break;
    }

    expect(received).toEqual([1, 2, 3, 4]);
    expect(await caughtUp).toBe(true);
    await subscription.unsubscribe();
  });

  it.each([
    ['stream prefix', (mark: string) => streamNameFilter({ prefixes: ['none-', mark] })],
    ['stream pattern', (mark: string) => streamNameFilter({ regex: `^${mark}` })],
    ['event type prefix', (mark: string) => eventTypeFilter({ prefixes: [mark] })],
    ['event type pattern', (mark: string) => eventTypeFilter({ regex: `${mark}$` })],
  ])('filters subscriptions by %s', async (_, filterOf) => {
    const mark = `mark-${randomUUID()}`;
    await client.appendToStream(newStream(), several(20));
    await client.appendToStream(mark, event({}, mark));

    for await (const { event: found } of client.subscribeToAll({ filter: filterOf(mark) })) {
      expect(found?.streamId).toBe(mark);
      break;
    }
  });

  it('tells subscriptions with a filter how far it has looked', async () => {
    const { position } = await client.appendToStream(newStream(), several(100));
    const reached = Promise.withResolvers<bigint>();
    const subscription = client.subscribeToAll({
      filter: streamNameFilter({
        prefixes: [`none-${randomUUID()}`],
        maxSearchWindow: 10,
        checkpointReached: (_, { commit }) => {
          if (commit + 5000n > position!.commit) reached.resolve(commit);
        },
      }),
    });
    subscription.on('data', () => undefined);

    expect(await reached.promise).toBeGreaterThan(0n);
    await subscription.unsubscribe();
  });

  it('writes events of its own, which can be left out', async () => {
    await client.appendToStream(newStream(), event());
    const types = new Set<string>();
    for await (const { event: one } of client.readAll()) types.add(one!.type);
    expect(types).toContain('$metadata');

    for await (const { event: one } of client.subscribeToAll({ filter: excludeSystemEvents() })) {
      expect(one!.type).not.toMatch(/^\$/);
      break;
    }
  });
});
