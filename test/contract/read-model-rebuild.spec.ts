import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { Generation } from '../../src/projections/generation.js';
import { unitNamed } from '../../src/projections/units.js';
import { rows } from '../../src/read-model/script.js';
import type { SqliteDatabase } from '../../src/read-model/sqlite-database.js';
import { directory } from './read-model.arbitraries.js';
import { DirectoryHistory, type Step } from './read-model.history.js';

const DOCUMENTS = 'document d JOIN kind k ON k.key = d.kind';

/** Every table by what it says. Keys may have other numbers in another generation; their order may not differ. */
const SHARED = {
  documents: `SELECT k.tenant, k.name, d.id, d.label, d.body,
    row_number() OVER (PARTITION BY d.kind ORDER BY d.key) AS place FROM ${DOCUMENTS}`,
  index: `SELECT k.tenant, k.name, p.path, v.value, d.id FROM indexed_value v
    JOIN path p ON p.key = v.path JOIN document d ON d.key = v.document JOIN kind k ON k.key = d.kind`,
  // What is left of an index that a document has left is nothing.
  strayIndex:
    'SELECT v.value FROM indexed_value v LEFT JOIN document d ON d.key = v.document WHERE d.key IS NULL',
  // An empty mark says as much as none.
  marks:
    'SELECT k.tenant, k.name, m.mark, m.documents FROM page_mark m JOIN kind k ON k.key = m.kind WHERE m.documents <> 0',
  checkpoint: 'SELECT unit, version, position, event_id, is_bulk_load FROM checkpoint',
};
const TABLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  directory: {
    ...SHARED,
    gone: 'SELECT k.tenant, k.name, g.id FROM gone g JOIN kind k ON k.key = g.kind',
    memberships: `SELECT h.id AS holder, m.id AS member FROM membership s
      LEFT JOIN document h ON h.key = s.holder LEFT JOIN document m ON m.key = s.member`,
    tenants: 'SELECT * FROM tenant',
    tokens: 'SELECT * FROM token',
  },
  audit: {
    ...SHARED,
    subjects: 'SELECT tenant, type, id, label FROM subject',
    memberships: `SELECT h.id AS holder, m.id AS member FROM subject_membership s
      LEFT JOIN subject h ON h.key = s.holder LEFT JOIN subject m ON m.key = s.member`,
  },
};

describe.each(['directory', 'audit'])('a generation of %s', (unit) => {
  it('has the same rows whether events came one by one, command by command, or in a bulk load', () => {
    fc.assert(
      fc.property(directory(40), (steps) => {
        const commands = commandsOf(steps);

        const live = filled(unit, commands);

        expect(
          filled(
            unit,
            commands.flat().map((event) => [event]),
          ),
        ).toEqual(live);
        expect(bulkLoaded(unit, commands.flat(), [])).toEqual(live);
      }),
      { numRuns: 40 },
    );
  });

  it('catches up after a bulk load as if it had followed from the start', () => {
    fc.assert(
      fc.property(directory(40), fc.double({ min: 0, max: 1, noNaN: true }), (steps, part) => {
        const commands = commandsOf(steps);
        const split = Math.floor(commands.length * part);

        const caughtUp = bulkLoaded(unit, commands.slice(0, split).flat(), commands.slice(split));

        expect(caughtUp).toEqual(filled(unit, commands));
      }),
      { numRuns: 40 },
    );
  });

  it('goes on as if nothing had been when a batch was rolled back', () => {
    fc.assert(
      fc.property(directory(25), fc.nat(40), (steps, at) => {
        const commands = commandsOf(steps);
        const generation = Generation.create(unitNamed(unit), 1, ':memory:', { isBulkLoad: false });
        for (const [index, events] of commands.entries()) {
          if (index === at % commands.length) rolledBack(generation, commands.slice(index).flat());
          generation.applyBatch(events);
        }

        expect(dumpAndClose(unit, generation)).toEqual(filled(unit, commands));
      }),
      { numRuns: 40 },
    );
  });
});

function commandsOf(steps: readonly Step[]): readonly (readonly LedgerEvent[])[] {
  const commands: (readonly LedgerEvent[])[] = [];
  new DirectoryHistory((events) => commands.push(events)).happen(steps);
  return commands;
}

function filled(unit: string, commands: readonly (readonly LedgerEvent[])[]) {
  const generation = Generation.create(unitNamed(unit), 1, ':memory:', { isBulkLoad: false });
  for (const events of commands) generation.applyBatch(events);
  return dumpAndClose(unit, generation);
}

function bulkLoaded(unit: string, first: readonly LedgerEvent[], then: readonly (readonly LedgerEvent[])[]) {
  const generation = Generation.create(unitNamed(unit), 2, ':memory:', { isBulkLoad: true });
  // Where a batch ends is chance: in the midst of a command as well.
  const half = Math.ceil(first.length / 2);
  for (const batch of [first.slice(0, half), first.slice(half)]) generation.applyBatch(batch);
  generation.finishBulkLoad();
  for (const events of then) generation.applyBatch(events);
  return dumpAndClose(unit, generation);
}

function rolledBack(generation: Generation, events: readonly LedgerEvent[]): void {
  generation.begin();
  generation.apply(events);
  generation.rollback();
}

function dumpAndClose(unit: string, generation: Generation): Readonly<Record<string, readonly string[]>> {
  const tables = Object.entries(TABLES[unit] ?? {}).map(
    ([name, sql]) => [name, dumpOf(generation.database, sql)] as const,
  );
  generation.close();
  return Object.fromEntries(tables);
}

function dumpOf(database: SqliteDatabase, sql: string): readonly string[] {
  return database
    .run(rows(sql))
    .map((found) => JSON.stringify(found))
    .toSorted();
}
