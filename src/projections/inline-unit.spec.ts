import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { EventEnvelope, StoredEvent } from '../event-store/event-store.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { row, rows, run } from '../read-model/script.js';
import { SqliteDatabase } from '../read-model/sqlite-database.js';
import { Generation } from './generation.js';
import { InlineUnit } from './inline-unit.js';
import { ReadModelBehind } from './read-model-behind.js';
import type { ProjectionUnit } from './projection.js';

let isBroken = false;

/** Keeps every event's type; does not take a `Bad` one, after having written a row. */
const unit: ProjectionUnit = {
  name: 'seeing',
  version: 1,
  tables: ['CREATE TABLE seen (type TEXT NOT NULL)'],
  indexes: [],
  writer: () => ({
    *apply({ type }: LedgerEvent) {
      yield* run('INSERT INTO seen VALUES (?)', type);
      if (type === 'Bad' || isBroken) throw new Error('a bad event');
    },
    *flush() {},
    *finishBulkLoad() {},
    forget: () => undefined,
  }),
  longQuery: () => () => run('SELECT 1'),
};

// Nothing is sealed here.
const codec = {
  open: (event: StoredEvent) => event,
  openAll: (events: readonly StoredEvent[]) => events,
} as unknown as EventCodec;

const event = (type: string): EventEnvelope => ({ id: randomUUID(), type, data: {}, metadata: {} });

describe('a unit in step with the log', () => {
  let folder: string;
  let store: SqliteEventStore;
  let inline: InlineUnit;

  const append = (type: string) => store.append(`scim.acme.thing-${randomUUID()}`, 'noStream', [event(type)]);
  const typesIn = (database: SqliteDatabase) =>
    database.run(rows<{ type: string }>('SELECT type FROM seen ORDER BY rowid')).map(({ type }) => type);
  const elsewhere = () => {
    const database = new SqliteDatabase(inline.database.path, { readOnly: true });
    const types = typesIn(database);
    database.close();
    return types;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'inline-'));
    store = new SqliteEventStore({ path: ':memory:' });
    const generation = Generation.create(unit, 1, join(folder, 'seeing-1.sqlite'), { isBulkLoad: false });
    inline = new InlineUnit(generation, store, codec);
    store.join(inline);
  });

  afterEach(async () => {
    await store.close();
    isBroken = false;
    inline.close();
    rmSync(folder, { recursive: true });
  });

  it('shows what was written at once, and to other connections when it is flushed', async () => {
    await append('First');

    expect(typesIn(inline.database)).toEqual(['First']);
    expect(elsewhere()).toEqual([]);
    inline.flush();
    expect(elsewhere()).toEqual(['First']);
  });

  it('is committed soon after a write without anybody asking', async () => {
    await append('First');

    while (elsewhere().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(elsewhere()).toEqual(['First']);
  });

  it('keeps the rows of earlier writes when it does not take a later one', async () => {
    await append('First');

    const outcomes = await Promise.allSettled(['Second', 'Bad', 'Third'].map(append));

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(typesIn(inline.database)).toEqual(['First', 'Second', 'Third']);
    expect(inline.isBehind).toBe(false);
  });

  it('catches up with what it could not commit', async () => {
    await append('First');
    // As another owner would move it.
    inline.live.database.run(run(`UPDATE checkpoint SET position = 'elsewhere'`));

    inline.flush();

    expect(inline.isBehind).toBe(true);
    expect(typesIn(inline.database)).toEqual(['First']);
    expect(inline.isBehind).toBe(false);
  });

  it('reads and writes nothing while it cannot catch up', async () => {
    await append('First');
    inline.live.database.run(run(`UPDATE checkpoint SET position = 'elsewhere'`));
    inline.flush();
    isBroken = true;

    expect(() => inline.database).toThrow(ReadModelBehind);
    await expect(append('Second')).rejects.toThrow('cannot catch up');

    isBroken = false;
    await append('Third');
    expect(typesIn(inline.database)).toEqual(['First', 'Third']);
  });

  it('does not gather events without end', async () => {
    await store.append(
      'scim.acme.thing-many',
      'noStream',
      Array.from({ length: 2500 }, () => event('Many')),
    );

    expect(elsewhere()).toHaveLength(2500);
  });

  it('commits what it wrote before another generation takes its place', async () => {
    await append('First');
    const next = Generation.create(unit, 2, join(folder, 'seeing-2.sqlite'), { isBulkLoad: false });

    const former = store.exclusive(() => inline.switchTo(next));

    expect(typesIn(former.database)).toEqual(['First']);
    former.close();
    await append('Second');
    expect(typesIn(inline.database)).toEqual(['First', 'Second']);
  });

  it('commits the checkpoint of the last event with its rows', async () => {
    const { events } = await append('First');

    inline.flush();

    const checkpoint = inline.database.run(row<{ position: string }>('SELECT position FROM checkpoint'));
    expect(checkpoint?.position).toBe(events[0]?.position);
  });
});
