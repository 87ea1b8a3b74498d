import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { Generation } from '../../src/projections/generation.js';
import { migrate } from '../../src/projections/postgres/control-schema.js';
import { namesWith } from '../../src/projections/postgres/names.js';
import { CheckpointMoved, PostgresGeneration } from '../../src/projections/postgres/postgres-generation.js';
import { unitNamed } from '../../src/projections/units.js';
import type { PostgresConnection } from '../../src/read-model/postgres-connection.js';
import { describeWithPostgres, newDatabase, type TestDatabase } from '../support/postgres.js';
import { dumpOf, type Unit } from '../support/read-models.js';
import { directory } from './read-model.arbitraries.js';
import { DirectoryHistory, type Step } from './read-model.history.js';

const names = namesWith();

describeWithPostgres.each<Unit>(['directory', 'audit'])('a generation of %s in PostgreSQL', (name) => {
  const unit = unitNamed(name);
  let database: TestDatabase;
  let connection: PostgresConnection;

  beforeEach(async () => {
    database = await newDatabase();
    connection = await database.connect();
    await migrate(connection, names, [name]);
  });

  afterEach(() => database.drop());

  const filled = async (batches: readonly (readonly LedgerEvent[])[], isBulkLoad = false) => {
    const generation = await PostgresGeneration.create(connection, names, unit, { isBulkLoad });
    for (const events of batches) await generation.applyBatch(batchOf(events));
    if (isBulkLoad) await generation.finishBulkLoad();
    const dump = await connection.run(dumpOf(name));
    await connection.execute(`DROP SCHEMA ${names.generation(name, generation.number)} CASCADE`);
    return dump;
  };

  it('has the rows that SQLite has, in whatever batches events come', async () => {
    await fc.assert(
      fc.asyncProperty(directory(40), fc.integer({ min: 1, max: 60 }), async (steps, size) => {
        const events = eventsOf(steps);
        const expected = inSqlite(name, events);

        expect(await filled(chunks(events, 1))).toEqual(expected);
        expect(await filled(chunks(events, size))).toEqual(expected);
        expect(await filled(chunks(events, size), true)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('goes on from its checkpoint when it is opened again', async () => {
    const [first = [], second = []] = chunks(eventsOf(someSteps()), 4);
    const generation = await PostgresGeneration.create(connection, names, unit, { isBulkLoad: false });
    await generation.applyBatch(batchOf(first));
    await goLive(generation.number);

    const again = await PostgresGeneration.openLive(await database.connect(), names, unit);
    await again?.applyBatch(batchOf(second));

    expect(again?.checkpoint?.position).toBe(second.at(-1)?.position);
    expect(again?.events).toBe(first.length + second.length);
    expect(await connection.run(dumpOf(name))).toEqual(inSqlite(name, [...first, ...second]));
  });

  it('keeps nothing of a batch whose checkpoint somebody else has moved', async () => {
    const [first = [], second = []] = chunks(eventsOf(someSteps()), 4);
    const one = await PostgresGeneration.create(connection, names, unit, { isBulkLoad: false });
    await one.applyBatch(batchOf(first));
    await goLive(one.number);
    const other = await PostgresGeneration.openLive(await database.connect(), names, unit);
    await other?.applyBatch(batchOf(second));

    await expect(one.applyBatch(batchOf(second))).rejects.toThrow(CheckpointMoved);

    expect(await connection.run(dumpOf(name))).toEqual(inSqlite(name, [...first, ...second]));
  });

  it('lets one of two owners through when both apply at once', async () => {
    const [first = [], second = []] = chunks(eventsOf(someSteps()), 4);
    const one = await PostgresGeneration.create(connection, names, unit, { isBulkLoad: false });
    await one.applyBatch(batchOf(first));
    await goLive(one.number);
    const other = await PostgresGeneration.openLive(await database.connect(), names, unit);

    const outcomes = await Promise.allSettled([
      one.applyBatch(batchOf(second)),
      other?.applyBatch(batchOf(second)),
    ]);

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await connection.run(dumpOf(name))).toEqual(inSqlite(name, [...first, ...second]));
  });

  const goLive = (number: number) =>
    connection.execute(`UPDATE ${names.control}.projection SET live = ${number} WHERE unit = '${name}'`);
});

function someSteps(): readonly Step[] {
  return Array.from({ length: 8 }, (_, index) => ({
    type: 'createUser' as const,
    after: 1,
    attributes: { userName: `u${index}` },
  }));
}

function eventsOf(steps: readonly Step[]): readonly LedgerEvent[] {
  const events: LedgerEvent[] = [];
  new DirectoryHistory((published) => events.push(...published)).happen(steps);
  return events;
}

function chunks(events: readonly LedgerEvent[], size: number): readonly (readonly LedgerEvent[])[] {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  );
}

function batchOf(events: readonly LedgerEvent[]) {
  const until = events.at(-1);
  if (!until) throw new Error('a batch has events');
  return { events, until, count: events.length };
}

function inSqlite(name: Unit, events: readonly LedgerEvent[]) {
  const generation = Generation.create(unitNamed(name), 1, ':memory:', { isBulkLoad: false });
  generation.applyBatch(events);
  const dump = generation.database.run(dumpOf(name));
  generation.close();
  return dump;
}
