// Commands of several processes, their appends and reads in every order, with crashes and lost answers between them.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifyStream } from '../../src/event-store/envelope/chain.js';
import { OutcomeUnknown, StoreUnavailable } from '../../src/event-store/errors.js';
import { EventLog } from '../../src/event-store/event-log.js';
import { EventCodec } from '../../src/event-store/envelope/event-codec.js';
import type {
  AppendResult,
  EventStore,
  StoredEvent,
  StreamAppend,
} from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { parseStreamName } from '../../src/event-store/stream-names.js';
import { openKeyStore, type KeyStore } from '../../src/keys/key-store.js';
import { evolve, type ResourceState } from '../../src/resources/evolve.js';
import { userType } from '../../src/resources/user/index.js';
import { ScimError } from '../../src/scim/messages/scim-error.js';
import { Crashed, openWriter, timingOf, type Writer } from '../support/writers.js';

const NAMES = ['ada', 'eve'];
const PROCESSES = 3;
const STEP_MS = 50;
/** Turns of the event loop in which a command that waits for no step must have come to one. */
const QUIET_TURNS = 3;

type Command =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'rename'; readonly user: number; readonly name: string }
  | { readonly kind: 'remove'; readonly user: number };

interface Story {
  /** What each process does, one after the other. */
  readonly scripts: readonly (readonly Command[])[];
  readonly seed: number;
  /** How many of a hundred appends go wrong. */
  readonly faults: number;
  readonly politenessMs: number;
}

const name = fc.constantFrom(...NAMES, 'ADA');
const user = fc.nat({ max: 3 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('rename' as const), user, name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), user }) },
);
const story: fc.Arbitrary<Story> = fc.record({
  scripts: fc.array(fc.array(command, { minLength: 1, maxLength: 6 }), {
    minLength: 2,
    maxLength: PROCESSES,
  }),
  seed: fc.integer(),
  faults: fc.constantFrom(0, 10, 30),
  politenessMs: fc.constantFrom(0, 200, 2000),
});

/** Runs one step at a time, of whichever process the dice say. */
class Interleaver {
  now = Date.UTC(2026, 0, 1);
  readonly #waiting: (() => Promise<void>)[] = [];

  constructor(readonly dice: (sides: number) => number) {}

  /** Resolves when the step's turn has come and it is done. */
  step<T>(run: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push(() => run().then(resolve, reject));
    return promise;
  }

  async runAll(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const ended = work.finally(() => (isDone = true));
    ended.catch(() => undefined);
    for (;;) {
      for (let turn = 0; turn < QUIET_TURNS; turn += 1) await nextTurn();
      const [next] = this.#waiting.splice(this.dice(this.#waiting.length), 1);
      if (next) await next();
      else if (isDone) return ended.then(() => undefined);
      this.now += STEP_MS;
    }
  }
}

/** One process' way to the store: every read and append is a step, and appends go wrong. */
function uncertain(store: EventStore, turns: Interleaver, faults: number): EventStore {
  let isCrashed = false;
  const append = ({ stream, expectedRevision, events }: StreamAppend) =>
    store.append(stream, expectedRevision, events);
  const crash = (): never => {
    isCrashed = true;
    throw new Crashed();
  };
  const later = (given: StreamAppend): void => {
    turns.step(() => append(given)).catch(() => undefined);
  };
  const fates: readonly ((given: StreamAppend) => Promise<AppendResult>)[] = [
    async () => crash(),
    async (given) => append(given).then(crash, crash),
    async (given) => {
      later(given);
      return crash();
    },
    async (given) => {
      await append(given).catch(() => undefined);
      throw new OutcomeUnknown('no answer');
    },
    async (given) => {
      later(given);
      throw new OutcomeUnknown('not there yet');
    },
    async () => {
      throw new StoreUnavailable('not sent');
    },
  ];
  const one = (given: StreamAppend): Promise<AppendResult> =>
    turns.step(async () => {
      if (isCrashed) throw new Crashed();
      const fate = turns.dice(100) < faults ? fates[turns.dice(fates.length)] : undefined;
      return (fate ?? append)(given);
    });
  return {
    ...storeOf(store),
    append: (stream, expectedRevision, events) => one({ stream, expectedRevision, events }),
    async *readStream(stream, options) {
      const read = await turns.step(async () => {
        if (isCrashed) throw new Crashed();
        const events: StoredEvent[] = [];
        for await (const event of store.readStream(stream, options)) events.push(event);
        return events;
      });
      yield* read;
    },
  };
}

function storeOf(store: EventStore): EventStore {
  return {
    capabilities: store.capabilities,
    append: (stream, expectedRevision, events) => store.append(stream, expectedRevision, events),
    appendMany: (appends) => store.appendMany(appends),
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    subscribeAll: (options) => store.subscribeAll(options),
    head: () => store.head(),
    close: () => store.close(),
  };
}

async function play({ scripts, seed, faults, politenessMs }: Story, store: EventStore, keys: KeyStore) {
  const turns = new Interleaver(diceOf(seed));
  const ids: string[] = [];
  const timing = timingOf({
    politenessMs,
    ownerWaitMs: 500,
    stepsMs: 100_000,
    conflictMs: 5000,
    now: () => turns.now,
    pause: () => turns.step(async () => undefined),
  });
  const start = () => openWriter(uncertain(store, turns, faults), keys, timing);
  const processes = scripts.map(async (script) => {
    let writer = start();
    for (const each of script) {
      try {
        await perform(writer, each, ids);
      } catch (error) {
        if (!isExpected(error)) throw error;
        if (!(error instanceof Crashed)) continue;
        writer.close();
        writer = start();
      }
    }
    writer.close();
  });
  await turns.runAll(Promise.all(processes));
}

async function perform(writer: Writer, given: Command, ids: string[]): Promise<void> {
  if (given.kind === 'create') {
    const id = randomUUID();
    ids.push(id);
    await writer.create(given.name, id);
    return;
  }
  const id = ids[given.user % Math.max(ids.length, 1)];
  if (id === undefined) return;
  if (given.kind === 'rename') await writer.rename(id, given.name);
  else await writer.remove(id);
}

function isExpected(error: unknown): boolean {
  const isRefused = error instanceof ScimError && [404, 409, 503].includes(error.status);
  return isRefused || [Crashed, OutcomeUnknown, StoreUnavailable].some((type) => error instanceof type);
}

/** Who has each name once all has happened. Fails where two have one at any time. */
async function holders(store: EventStore, keys: KeyStore): Promise<ReadonlyMap<string, string>> {
  const codec = new EventCodec(keys);
  const users = new Map<string, ResourceState>();
  const held = new Map<string, string>();
  for await (const stored of store.readAll()) {
    const { category, id } = parseStreamName(stored.stream)!;
    if (category !== 'user') continue;
    const event = codec.open(stored);
    const before = nameOf(users.get(id));
    users.set(id, evolve(userType, users.get(id), { ...event, occurredAt: event.metadata.occurredAt }));
    const after = nameOf(users.get(id));
    if (before === after) continue;
    if (before !== undefined) held.delete(before);
    if (after === undefined) continue;
    expect(held.get(after)).toBeUndefined();
    held.set(after, id);
  }
  return held;
}

function nameOf(state: ResourceState | undefined): string | undefined {
  const userName = state?.isDeleted ? undefined : state?.attributes['userName'];
  return typeof userName === 'string' ? userName.toLowerCase() : undefined;
}

async function expectUsable(store: EventStore, keys: KeyStore, held: ReadonlyMap<string, string>) {
  const writer = openWriter(store, keys, timingOf({ politenessMs: 0, ownerWaitMs: 0 }));
  for (const userName of NAMES) {
    const holder = held.get(userName);
    if (holder !== undefined) {
      await expect(writer.create(userName)).rejects.toMatchObject({ status: 409 });
      await writer.remove(holder);
    }
    const { id } = await writer.create(userName);
    await expect(writer.create(userName)).rejects.toMatchObject({ status: 409 });
    await writer.rename(id, `${userName} the second`);
    await writer.create(userName);
  }
  writer.close();
}

async function expectChains(store: EventStore, keys: KeyStore) {
  const streams = new Set<string>();
  const ids = new Set<string>();
  let count = 0;
  for await (const { stream, id } of store.readAll()) {
    streams.add(stream);
    ids.add(id);
    count += 1;
  }
  expect(ids.size).toBe(count);
  const log = new EventLog(store, new EventCodec(keys));
  for (const stream of streams) {
    expect(await verifyStream(store.readStream(stream))).not.toHaveProperty('problem');
    expect((await log.load(stream)).revision).toBeGreaterThanOrEqual(0);
  }
}

/** Mulberry32. */
function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
}

describe('claims in sequence', () => {
  it('never give one name to two, and no name to nobody for ever, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        const store = new SqliteEventStore({ path: ':memory:', groupCommit: { maxTurns: 0, maxAppends: 1 } });
        const keys = openKeyStore({ path: ':memory:', secretKey: Buffer.alloc(32, 7), poolSize: 32 });
        try {
          await play(given, store, keys);

          await expectUsable(store, keys, await holders(store, keys));
          await expectChains(store, keys);
        } finally {
          await store.close();
          keys.close();
        }
      }),
      { numRuns: Number(process.env['INTERLEAVINGS'] ?? 300) },
    );
  });
});
