// What every event store adapter must do. Each adapter runs this suite over stores of its own.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RevisionConflict, StoreUnavailable } from '../../src/event-store/errors.js';
import type { EventEnvelope, EventStore, StoredEvent } from '../../src/event-store/event-store.js';

export interface StoreHarness {
  readonly store: EventStore;
  /** Closes the store and opens what it left behind; absent when nothing outlives it. */
  readonly reopen?: () => Promise<EventStore>;
  readonly cleanUp: () => Promise<void>;
}

export function event(data: EventEnvelope['data'] = {}, type = 'SomethingHappened'): EventEnvelope {
  return { id: randomUUID(), type, data, metadata: { occurredAt: '2026-01-02T03:04:05.678Z' } };
}

export function events(count: number): EventEnvelope[] {
  return Array.from({ length: count }, (_, index) => event({ index }));
}

/** A stream name that no other test uses; stores may be shared by the whole run. */
export function newStream(category = 'thing'): string {
  return `scim.contract.${category}-${randomUUID()}`;
}

export async function all(source: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const read: StoredEvent[] = [];
  for await (const stored of source) read.push(stored);
  return read;
}

export async function take(source: AsyncIterable<StoredEvent>, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  if (count === 0) return taken;
  for await (const stored of source) {
    taken.push(stored);
    if (taken.length === count) break;
  }
  return taken;
}

const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

export function describeEventStore(name: string, open: () => Promise<StoreHarness>): void {
  describe(`event store: ${name}`, () => {
    let harness: StoreHarness;
    let store: EventStore;

    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });

    afterEach(() => harness.cleanUp());

    describe('append', () => {
      it('starts a stream at revision 0 and returns the events as committed', async () => {
        const stream = newStream();
        const written = [event({ a: 1 }), event({ a: 'ü€😀' }, 'OtherThingHappened')];

        const { events: stored } = await store.append(stream, 'noStream', written);

        expect(stored).toMatchObject([
          { id: written[0]!.id, type: 'SomethingHappened', data: { a: 1 }, stream, revision: 0 },
          { id: written[1]!.id, type: 'OtherThingHappened', data: { a: 'ü€😀' }, stream, revision: 1 },
        ]);
        expect(await all(store.readStream(stream))).toEqual(stored);
      });

      it('continues a stream at the exact revision, with positions that sort in order', async () => {
        const stream = newStream();
        const first = await store.append(stream, 'noStream', events(2));

        const second = await store.append(stream, 1, events(11));

        const positions = [...first.events, ...second.events].map(({ position }) => position);
        expect(positions).toEqual([...new Set(positions)].toSorted());
        expect(second.events.map(({ revision }) => revision)).toEqual(
          Array.from({ length: 11 }, (_, i) => i + 2),
        );
      });

      it('keeps data and metadata exactly, nested, empty and null', async () => {
        const stream = newStream();
        const data = {
          z: null,
          a: [],
          o: {},
          n: [1.5, -0.25, 1e21],
          deep: { b: [{ c: 'line\n"quote"\u0000' }] },
        };

        await store.append(stream, 'noStream', [
          { ...event(data), metadata: { $correlationId: 'c', list: [true] } },
        ]);

        const [stored] = await all(store.readStream(stream));
        expect(stored!.data).toEqual(data);
        expect(stored!.metadata).toEqual({ $correlationId: 'c', list: [true] });
      });

      it('refuses a stream that exists when none was expected, and says where it is', async () => {
        const stream = newStream();
        await store.append(stream, 'noStream', events(3));

        const refused = store.append(stream, 'noStream', events(1));

        await expect(refused).rejects.toThrow(RevisionConflict);
        await expect(refused).rejects.toMatchObject({ stream, expected: 'noStream', actual: 2 });
      });

      it('refuses a revision for a stream that does not exist', async () => {
        const stream = newStream();

        await expect(store.append(stream, 0, events(1))).rejects.toMatchObject({
          name: 'RevisionConflict',
          expected: 0,
          actual: 'noStream',
        });
      });

      it.each([0, 1, 3, 7])('refuses revision %i when the stream is at 2', async (expected) => {
        const stream = newStream();
        await store.append(stream, 'noStream', events(3));

        await expect(store.append(stream, expected, events(1))).rejects.toMatchObject({
          expected,
          actual: 2,
        });

        expect(await all(store.readStream(stream))).toHaveLength(3);
      });

      it('returns the first result when an append is repeated, even after others followed', async () => {
        const stream = newStream();
        const start = events(2);
        const more = events(3);
        const first = await store.append(stream, 'noStream', start);
        const second = await store.append(stream, 1, more);

        const repeatedFirst = await store.append(stream, 'noStream', start);
        const repeatedSecond = await store.append(stream, 1, more);

        expect(repeatedFirst).toEqual(first);
        expect(repeatedSecond).toEqual(second);
        expect(await all(store.readStream(stream))).toHaveLength(5);
      });

      it('does not take an append for repeated when only its first event stands there', async () => {
        const stream = newStream();
        const start = events(1);
        await store.append(stream, 'noStream', start);

        await expect(store.append(stream, 'noStream', [...start, event()])).rejects.toThrow(RevisionConflict);
      });

      it('lets exactly one of many concurrent appends win a revision', async () => {
        const stream = newStream();
        await store.append(stream, 'noStream', events(1));

        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, () => store.append(stream, 0, events(1))),
        );

        const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
        expect(refusals).toHaveLength(19);
        for (const refusal of refusals)
          expect(refusal).toMatchObject({ name: 'RevisionConflict', actual: 1 });
      });

      it('takes concurrent appends to different streams, each with its own outcome', async () => {
        const taken = newStream();
        await store.append(taken, 'noStream', events(1));
        const streams = Array.from({ length: 30 }, () => newStream());

        const outcomes = await Promise.allSettled([
          ...streams.map((stream) => store.append(stream, 'noStream', events(2))),
          store.append(taken, 'noStream', events(1)),
        ]);

        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
        expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { name: 'RevisionConflict' } });
      });
    });

    describe('appendMany', () => {
      it('appends to several streams and returns their events in the order given', async () => {
        const [one, two] = [newStream(), newStream()];
        await store.append(two, 'noStream', events(1));

        const result = await store.appendMany([
          { stream: one, expectedRevision: 'noStream', events: events(2) },
          { stream: two, expectedRevision: 0, events: events(1) },
        ]);

        expect(result.events.map(({ stream, revision }) => [stream, revision])).toEqual([
          [one, 0],
          [one, 1],
          [two, 1],
        ]);
      });

      it('writes all streams or none, where the store says it can', async () => {
        const [one, two] = [newStream(), newStream()];
        await store.append(two, 'noStream', events(1));

        const refused = store.appendMany([
          { stream: one, expectedRevision: 'noStream', events: events(2) },
          { stream: two, expectedRevision: 'noStream', events: events(1) },
        ]);

        await expect(refused).rejects.toMatchObject({ name: 'RevisionConflict', stream: two, actual: 0 });
        const written = await all(store.readStream(one));
        expect(written).toHaveLength(store.capabilities.atomicMultiStream ? 0 : 2);
      });

      it('returns the first result when it is repeated', async () => {
        const appends = [newStream(), newStream()].map((stream) => {
          return { stream, expectedRevision: 'noStream' as const, events: events(2) };
        });
        const first = await store.appendMany(appends);

        expect(await store.appendMany(appends)).toEqual(first);
      });
    });

    describe('readStream', () => {
      it('finds nothing in a stream that does not exist', async () => {
        expect(await all(store.readStream(newStream()))).toEqual([]);
        expect(await all(store.readStream(newStream(), { direction: 'backwards' }))).toEqual([]);
      });

      it('reads in both directions, from a revision and up to a count', async () => {
        const stream = newStream();
        await store.append(stream, 'noStream', events(10));
        const revisions = async (options: Parameters<EventStore['readStream']>[1]) =>
          (await all(store.readStream(stream, options))).map(({ revision }) => revision);

        expect(await revisions({ from: 7 })).toEqual([7, 8, 9]);
        expect(await revisions({ from: 2, maxCount: 3 })).toEqual([2, 3, 4]);
        expect(await revisions({ from: 10 })).toEqual([]);
        expect(await revisions({ maxCount: 0 })).toEqual([]);
        expect(await revisions({ direction: 'backwards', maxCount: 2 })).toEqual([9, 8]);
        expect(await revisions({ direction: 'backwards', from: 2 })).toEqual([2, 1, 0]);
      });

      it('reads on beyond a page, in both directions', async () => {
        const stream = newStream();
        const written = events(1300);
        await store.append(stream, 'noStream', written.slice(0, 700));
        await store.append(stream, 699, written.slice(700));

        const forwards = await all(store.readStream(stream));
        const backwards = await all(store.readStream(stream, { direction: 'backwards' }));

        expect(ids(forwards)).toEqual(ids(written));
        expect(ids(backwards)).toEqual(ids(written).toReversed());
      });
    });

    describe('readAll', () => {
      it('reads streams interleaved as they were committed, after one position and until another', async () => {
        const [one, two] = [newStream(), newStream()];
        const before = (await store.append(one, 'noStream', events(1))).events;
        const wanted = [
          ...(await store.append(two, 'noStream', events(2))).events,
          ...(await store.append(one, 0, events(1))).events,
        ];
        await store.append(two, 1, events(1));

        const options = { after: before[0]!.position, until: wanted.at(-1)!.position, streamPrefix: 'scim.' };
        const read = await all(store.readAll(options));

        expect(read).toEqual(wanted);
      });

      it('keeps to a stream prefix, taken literally', async () => {
        const wanted = newStream('a_c');
        const start = await store.head();
        await store.append(newStream('abc'), 'noStream', events(1));
        await store.append(wanted, 'noStream', events(2));
        await store.append(newStream('A_C'), 'noStream', events(1));

        const options = { ...(start ? { after: start } : {}), streamPrefix: 'scim.contract.a_c-' };
        const read = await all(store.readAll(options));

        expect(read.map(({ stream }) => stream)).toEqual([wanted, wanted]);
      });

      it('reads on beyond a page, and over long stretches without a match', async () => {
        const [few, many] = [newStream('few'), newStream('many')];
        const start = await store.head();
        const after = start ? { after: start } : {};
        await store.append(few, 'noStream', events(1));
        const written = events(2500);
        await store.append(many, 'noStream', written);
        await store.append(few, 0, events(1));

        const dense = await all(store.readAll({ ...after, streamPrefix: many }));
        const sparse = await all(store.readAll({ ...after, streamPrefix: few }));

        expect(ids(dense)).toEqual(ids(written));
        expect(sparse.map(({ revision }) => revision)).toEqual([0, 1]);
      });

      it('ends at the head found at the start, though writing goes on', async () => {
        const stream = newStream();
        await store.append(stream, 'noStream', events(3));
        let revision = 2;
        let read = 0;

        for await (const stored of store.readAll({ streamPrefix: stream })) {
          expect(stored.revision).toBeLessThanOrEqual(2);
          await store.append(stream, revision, events(1));
          revision += 1;
          read += 1;
        }

        expect(read).toBe(3);
      });
    });

    describe('head', () => {
      it('is the position of the last event committed', async () => {
        const { events: stored } = await store.append(newStream(), 'noStream', events(3));

        expect(await store.head()).toBe(stored.at(-1)!.position);
      });
    });

    describe('subscribeAll', () => {
      it('catches up, then goes live, without gap or duplicate', async () => {
        const stream = newStream();
        const start = await store.head();
        const written = events(900);
        await store.append(stream, 'noStream', written.slice(0, 600));
        const subscription = store.subscribeAll(start ? { after: start } : {});

        const received = take(subscription, 900);
        for (let from = 600; from < 900; from += 50) {
          await store.append(stream, from - 1, written.slice(from, from + 50));
        }

        const got = await received;
        expect(ids(got)).toEqual(ids(written));
        expect(got.map(({ revision }) => revision)).toEqual(got.map((_, index) => index));
      });

      it('wakes up for an event that comes after it has caught up', async () => {
        const { events: known } = await store.append(newStream(), 'noStream', events(1));
        const received = take(store.subscribeAll({ after: known[0]!.position }), 1);
        await new Promise((resolve) => setImmediate(resolve));

        const late = await store.append(newStream(), 'noStream', events(1));

        expect(await received).toEqual(late.events);
      });

      it('ends without an error when its signal is aborted', async () => {
        const stop = new AbortController();
        const head = await store.head();
        const options = { ...(head ? { after: head } : {}), signal: stop.signal };
        const received = all(store.subscribeAll(options));
        await new Promise((resolve) => setImmediate(resolve));

        stop.abort();

        expect(await received).toEqual([]);
      });

      it('ends when the store is closed', async () => {
        const head = await store.head();
        const received = all(store.subscribeAll(head ? { after: head } : {}));
        await new Promise((resolve) => setImmediate(resolve));

        await store.close();

        expect(await received).toEqual([]);
      });
    });

    describe('close', () => {
      it('finishes appends that were accepted, and takes none afterwards', async () => {
        const accepted = store.append(newStream(), 'noStream', events(1));

        await store.close();

        await expect(accepted).resolves.toMatchObject({ events: [{ revision: 0 }] });
        await expect(store.append(newStream(), 'noStream', events(1))).rejects.toThrow(StoreUnavailable);
      });

      it('keeps everything for the next start', async () => {
        if (!harness.reopen) return;
        const stream = newStream();
        const written = await store.append(stream, 'noStream', events(5));

        const reopened = await harness.reopen();

        expect(await all(reopened.readStream(stream))).toEqual(written.events);
        expect((await reopened.append(stream, 4, events(1))).events[0]!.revision).toBe(5);
      });
    });
  });
}
