// What the embedded store does beyond the port: group commit, participants, health, read-only connections.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { RevisionConflict, StoreUnavailable } from '../../src/event-store/errors.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import type { CommitParticipant } from '../../src/event-store/sqlite/commit-participant.js';
import { openLogDatabase } from '../../src/event-store/sqlite/log-database.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { all, event, events, newStream } from './event-store.contract.js';

/** Follows the log in a list, as a read model would in its tables. */
class Follower implements CommitParticipant {
  readonly calls: string[] = [];
  committed: StoredEvent[] = [];
  refuse: (events: readonly StoredEvent[]) => boolean = () => false;
  failsAt: string | undefined;
  #working: StoredEvent[] = [];

  begin(): void {
    this.#call('begin');
    this.#working = [...this.committed];
  }
  apply(applied: readonly StoredEvent[]): void {
    this.#call('apply');
    this.#working.push(...applied);
    if (this.refuse(applied)) throw new Error('the read model cannot take it');
  }
  commit(): void {
    this.#call('commit');
    this.committed = this.#working;
  }
  rollback(): void {
    this.#call('rollback');
  }
  outOfStep(): void {
    this.calls.push('outOfStep');
  }

  #call(name: string): void {
    this.calls.push(name);
    if (this.failsAt === name) throw new Error(`${name} failed`);
  }
}

const bulky = () => [event({ text: 'x'.repeat(50_000) })];

// SQLite's own limit on the file gives the very error of a full disk
function fill(database: Database.Database): void {
  const pages = Number(database.pragma('page_count', { simple: true }));
  database.pragma(`max_page_count = ${pages}`);
}

function free(database: Database.Database): void {
  database.pragma('max_page_count = 1000000');
}

describe('embedded event store', () => {
  let directory: string;
  let database: Database.Database;
  let store: SqliteEventStore;
  const path = () => join(directory, 'events.sqlite');

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'embedded-'));
    database = openLogDatabase(path());
    store = new SqliteEventStore({ path: database });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  const streamsOf = async () => new Set((await all(store.readAll())).map(({ stream }) => stream));

  describe('group commit', () => {
    it('commits concurrent appends in one transaction', async () => {
      const batches: number[] = [];
      store.onCommitted((committed) => batches.push(committed.length));

      await Promise.all(Array.from({ length: 50 }, () => store.append(newStream(), 'noStream', events(1))));

      expect(batches).toEqual([50]);
    });

    it('gathers appends that arrive over the next turns of the event loop', async () => {
      const batches: number[] = [];
      store.onCommitted((committed) => batches.push(committed.length));
      const appends: Promise<unknown>[] = [];

      for (let turn = 0; turn < 4; turn += 1) {
        appends.push(store.append(newStream(), 'noStream', events(1)));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(appends);

      expect(batches).toEqual([4]);
    });

    it('does not wait for ever while appends keep arriving, and keeps batches bounded', async () => {
      await store.close();
      store = new SqliteEventStore({ path: path(), groupCommit: { maxTurns: 2, maxAppends: 8 } });
      const batches: number[] = [];
      store.onCommitted((committed) => batches.push(committed.length));

      await Promise.all(Array.from({ length: 20 }, () => store.append(newStream(), 'noStream', events(1))));

      expect(batches).toEqual([8, 8, 4]);
    });

    it('does not let one conflict harm the others of its batch', async () => {
      const taken = newStream();
      await store.append(taken, 'noStream', events(1));
      const [one, two] = [newStream(), newStream()];

      const outcomes = await Promise.allSettled([
        store.append(one, 'noStream', events(1)),
        store.appendMany([
          { stream: newStream(), expectedRevision: 'noStream', events: events(2) },
          { stream: taken, expectedRevision: 'noStream', events: events(1) },
        ]),
        store.append(two, 'noStream', events(1)),
      ]);

      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await streamsOf()).toEqual(new Set([taken, one, two]));
    });

    it('leaves no gap in the positions where an append was refused', async () => {
      const stream = newStream();
      await Promise.allSettled([
        store.append(stream, 'noStream', events(1)),
        store.append(stream, 'noStream', events(1)),
        store.append(stream, 0, events(1)),
      ]);

      expect(store.readAllSync(undefined, 10).map(({ position }) => position)).toEqual([
        '0000000000000001',
        '0000000000000002',
      ]);
    });

    it('refuses an append that names a stream twice', async () => {
      const stream = newStream();
      const append = { stream, expectedRevision: 'noStream' as const, events: events(1) };

      await expect(store.appendMany([append, append])).rejects.toThrow(TypeError);
      expect(store.headSync()).toBeUndefined();
    });

    it('refuses an event without a proper id before anything is queued', async () => {
      const refused = store.append(newStream(), 'noStream', [{ ...event(), id: 'not-a-uuid' }]);

      await expect(refused).rejects.toThrow(TypeError);
    });
  });

  describe('participants', () => {
    it('have applied an append when it resolves', async () => {
      const follower = new Follower();
      store.join(follower);

      const { events: stored } = await store.append(newStream(), 'noStream', events(2));

      expect(follower.committed).toEqual(stored);
      expect(follower.calls).toEqual(['begin', 'apply', 'commit']);
    });

    it('can refuse one append, which is then not in the log, while its neighbours are', async () => {
      const follower = new Follower();
      const [one, bad, two] = [newStream(), newStream(), newStream()];
      follower.refuse = ([first]) => first?.stream === bad;
      store.join(follower);

      const outcomes = await Promise.allSettled(
        [one, bad, two].map((stream) => store.append(stream, 'noStream', events(2))),
      );

      expect(outcomes[1]).toMatchObject({
        status: 'rejected',
        reason: { message: 'the read model cannot take it' },
      });
      expect(await streamsOf()).toEqual(new Set([one, two]));
      expect(follower.committed).toEqual(store.readAllSync(undefined, 100));
      expect(store.health().isHealthy).toBe(true);
    });

    it('are not asked again when an append is repeated', async () => {
      const follower = new Follower();
      store.join(follower);
      const [stream, written] = [newStream(), events(1)];
      await store.append(stream, 'noStream', written);

      await store.append(stream, 'noStream', written);

      expect(follower.committed).toHaveLength(1);
    });

    it('that cannot begin fail the whole batch, and nothing of it is stored', async () => {
      const follower = new Follower();
      follower.failsAt = 'begin';
      store.join(follower);

      const outcomes = await Promise.allSettled(
        [1, 2].map(() => store.append(newStream(), 'noStream', events(1))),
      );

      for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { name: 'StoreUnavailable' } });
      expect(store.headSync()).toBeUndefined();
      expect(store.health().isHealthy).toBe(false);
    });

    it('that cannot commit are told to catch up, and the append stands', async () => {
      const follower = new Follower();
      follower.failsAt = 'commit';
      store.join(follower);

      const { events: stored } = await store.append(newStream(), 'noStream', events(1));

      expect(follower.calls.at(-1)).toBe('outOfStep');
      expect(store.headSync()).toBe(stored[0]!.position);
    });

    it('are no longer called once they have left', async () => {
      const follower = new Follower();
      const leave = store.join(follower);

      store.exclusive(leave);
      await store.append(newStream(), 'noStream', events(1));

      expect(follower.calls).toEqual([]);
    });

    it('cannot take the store for themselves inside a batch', async () => {
      const follower = new Follower();
      follower.refuse = () => store.exclusive(() => false);
      store.join(follower);

      await expect(store.append(newStream(), 'noStream', events(1))).rejects.toThrow('inside a commit');
    });
  });

  describe('when the disk is full', () => {
    it('rejects the batch with StoreUnavailable, stores nothing of it, and heals with the next success', async () => {
      const follower = new Follower();
      store.join(follower);
      await store.append(newStream(), 'noStream', events(1));
      fill(database);

      const outcomes = await Promise.allSettled([
        store.append(newStream(), 'noStream', events(1)),
        store.append(newStream(), 'noStream', bulky()),
      ]);
      const unhealthy = store.health();
      free(database);
      const after = await store.append(newStream(), 'noStream', bulky());

      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
      }
      expect(unhealthy).toMatchObject({
        isHealthy: false,
        error: { message: expect.stringContaining('full') },
      });
      expect(after.events[0]!.position).toBe('0000000000000002');
      expect(follower.committed).toHaveLength(2);
      expect(store.health()).toEqual({ isHealthy: true });
    });

    it('goes on answering reads', async () => {
      const stream = newStream();
      await store.append(stream, 'noStream', events(1));
      fill(database);
      await expect(store.append(newStream(), 'noStream', bulky())).rejects.toThrow(StoreUnavailable);

      expect(store.readStreamSync(stream)).toHaveLength(1);
    });

    it('still answers conflicts and repetitions in a batch of their own', async () => {
      const [stream, written] = [newStream(), events(1)];
      await store.append(stream, 'noStream', written);
      fill(database);

      await expect(store.append(stream, 'noStream', events(1))).rejects.toThrow(RevisionConflict);
      await expect(store.append(stream, 'noStream', written)).resolves.toMatchObject({
        events: [{ revision: 0 }],
      });
    });

    it('finds out by a probe that writing works again', async () => {
      fill(database);
      await expect(store.append(newStream(), 'noStream', bulky())).rejects.toThrow(StoreUnavailable);

      free(database);

      expect(store.health().isHealthy).toBe(false);
      expect(store.probe()).toEqual({ isHealthy: true });
    });
  });

  describe('listeners', () => {
    it('hear of new events after the commit, of repetitions never', async () => {
      const listener = jest.fn();
      const stop = store.onCommitted(listener);
      const [stream, written] = [newStream(), events(1)];

      const { events: stored } = await store.append(stream, 'noStream', written);
      await store.append(stream, 'noStream', written);
      stop();
      await store.append(newStream(), 'noStream', events(1));

      expect(listener.mock.calls).toEqual([[stored]]);
    });
  });

  describe('synchronous reads', () => {
    it('page through the log and find single events', async () => {
      const stream = newStream();
      const { events: stored } = await store.append(stream, 'noStream', events(5));

      expect(store.readAllSync(undefined, 3)).toEqual(stored.slice(0, 3));
      expect(store.readAllSync(stored[2]!.position, 3)).toEqual(stored.slice(3));
      expect(store.readStreamSync(stream, { from: 3 })).toEqual(stored.slice(3));
      expect(store.eventAtSync(stored[1]!.position)).toEqual(stored[1]);
      expect(store.eventAtSync('0000000000000099')).toBeUndefined();
    });

    it('refuse what is no position', () => {
      expect(() => store.readAllSync('x', 1)).toThrow(RangeError);
    });
  });

  describe('a read-only connection', () => {
    it('sees what was committed, and cannot write', async () => {
      const { events: stored } = await store.append(newStream(), 'noStream', events(3));
      const reader = SqliteEventStore.openReadOnly(path());

      expect(reader.readAllSync(undefined, 10)).toEqual(stored);
      expect(reader.headSync()).toBe(stored[2]!.position);
      await store.append(newStream(), 'noStream', events(1));
      expect(reader.readAllSync(stored[2]!.position, 10)).toHaveLength(1);
      reader.close();
    });
  });

  describe('files', () => {
    it('that are no event log are refused and left alone', async () => {
      const other = join(directory, 'other.sqlite');
      const foreign = new Database(other);
      foreign.exec('CREATE TABLE t (a)');
      foreign.close();
      const before = await readFile(other);

      expect(() => SqliteEventStore.openReadOnly(other)).toThrow('not an event log');
      expect(() => openLogDatabase(other)).toThrow('not an event log');
      expect((await readFile(other)).equals(before)).toBe(true);
    });

    it('of a later format are refused', async () => {
      await store.close();
      const later = new Database(path());
      later.pragma('user_version = 99');
      later.close();

      expect(() => new SqliteEventStore({ path: path() })).toThrow('log format 99');
    });
  });
});
