import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventMetadata, LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { row, run, rows } from '../read-model/script.js';
import { Generation, ProjectionStopped } from './generation.js';
import type { ProjectionUnit } from './projection.js';
import { unitNamed, UNITS } from './units.js';

/** Keeps every event's type, and in memory how many it has seen; stops at a `Bad` one after having written a row. */
function countingUnit({ version = 1 } = {}): ProjectionUnit & { forgotten: number } {
  const unit = {
    name: 'counting',
    version,
    tables: ['CREATE TABLE seen (type TEXT NOT NULL)'],
    indexes: ['CREATE INDEX seen_type ON seen (type)'],
    forgotten: 0,
    writer: () => ({
      *apply({ type }: LedgerEvent) {
        yield* run('INSERT INTO seen VALUES (?)', type);
        if (type === 'Bad') throw new Error('a bad event');
        if (type === 'Odd') throw 'no error at all';
      },
      *flush() {},
      *finishBulkLoad() {
        yield* run("INSERT INTO seen VALUES ('finished')");
      },
      forget: () => {
        unit.forgotten += 1;
      },
    }),
    longQuery: () => () => row('SELECT 1 AS one'),
  };
  return unit;
}

const event = (number: number, type = 'Good'): LedgerEvent => ({
  id: `e${number}`,
  stream: 'scim.acme.user-1',
  revision: number,
  position: String(number).padStart(4, '0'),
  type,
  data: {},
  metadata: {} as EventMetadata,
  erased: false,
});

const seen = ({ database }: Generation) =>
  database.run(rows<{ type: string }>('SELECT type FROM seen ORDER BY rowid')).map(({ type }) => type);

describe('a generation', () => {
  let folder: string;
  let path: string;
  let open: Generation[];

  const create = (unit = countingUnit(), isBulkLoad = false): Generation => {
    const generation = Generation.create(unit, 1, path, { isBulkLoad });
    open.push(generation);
    return generation;
  };
  const reopen = (unit = countingUnit()): Generation | undefined => {
    const generation = Generation.open(unit, 1, path);
    if (generation) open.push(generation);
    return generation;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'scim-ledger-generation-'));
    path = join(folder, 'counting-1.sqlite');
    open = [];
  });

  afterEach(() => {
    for (const generation of open) generation.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('begins without a checkpoint', () => {
    expect(create().checkpoint).toBeUndefined();
    expect(reopen()?.checkpoint).toBeUndefined();
  });

  it('commits rows and checkpoint together', () => {
    create().applyBatch([event(1), event(2)]);

    const again = reopen()!;
    expect(again.checkpoint).toEqual({ position: '0002', eventId: 'e2' });
    expect(seen(again)).toEqual(['Good', 'Good']);
  });

  it('shows neither rows nor checkpoint of a batch that is not committed', () => {
    const generation = create();
    generation.begin();
    generation.apply([event(1)]);

    const other = reopen()!;
    expect(generation.checkpoint).toEqual({ position: '0001', eventId: 'e1' });
    expect(other.checkpoint).toBeUndefined();
    expect(seen(other)).toEqual([]);
    generation.rollback();
  });

  it('keeps its checkpoint over a batch without events', () => {
    const generation = create();
    generation.applyBatch([event(1)]);
    generation.applyBatch([]);

    expect(generation.checkpoint).toEqual({ position: '0001', eventId: 'e1' });
  });

  it('stops at an event that cannot be applied, names it, and keeps nothing of its batch', () => {
    const unit = countingUnit();
    const generation = create(unit);
    generation.applyBatch([event(1)]);

    const failure = caught(() => generation.applyBatch([event(2), event(3, 'Bad')]));

    expect(failure).toBeInstanceOf(ProjectionStopped);
    expect(failure).toMatchObject({
      unit: 'counting',
      event: { id: 'e3' },
      cause: new Error('a bad event'),
      message: 'counting cannot apply Bad (scim.acme.user-1@3, 0003): a bad event',
    });
    expect(seen(generation)).toEqual(['Good']);
    expect(generation.checkpoint).toEqual({ position: '0001', eventId: 'e1' });
    expect(unit.forgotten).toBe(1);
  });

  it('goes on after it has stopped, once the events can be applied', () => {
    const generation = create();
    caught(() => generation.applyBatch([event(1, 'Bad')]));

    generation.applyBatch([event(1), event(2)]);

    expect(reopen()?.checkpoint).toEqual({ position: '0002', eventId: 'e2' });
  });

  it('says what was thrown when it is no error', () => {
    expect(String(caught(() => create().applyBatch([event(1, 'Odd')])))).toContain('no error at all');
  });

  it('does not commit the rows of a second owner: the checkpoint has moved', () => {
    const first = create();
    const second = reopen()!;
    first.applyBatch([event(1)]);

    expect(() => second.applyBatch([event(1)])).toThrow('another process moved the checkpoint of counting');
    expect(seen(first)).toEqual(['Good']);
    expect(second.checkpoint).toBeUndefined();
  });

  it('is not opened while its bulk load is unfinished', () => {
    const generation = create(countingUnit(), true);
    generation.applyBatch([event(1)]);
    expect(reopen()).toBeUndefined();

    generation.finishBulkLoad();

    expect(reopen()?.checkpoint).toEqual({ position: '0001', eventId: 'e1' });
  });

  it('makes its indexes after a bulk load, at once otherwise', () => {
    const isIndexed = ({ database }: Generation) =>
      database.run(row("SELECT 1 AS found FROM sqlite_master WHERE name = 'seen_type'")) !== undefined;
    const generation = create(countingUnit(), true);
    expect(isIndexed(generation)).toBe(false);

    generation.finishBulkLoad();

    expect(isIndexed(generation)).toBe(true);
    expect(seen(generation)).toEqual(['finished']);
    path = join(folder, 'counting-2.sqlite');
    expect(isIndexed(create())).toBe(true);
  });

  it("is not opened by code of another version, nor under another unit's name", () => {
    create(countingUnit({ version: 1 }));

    expect(reopen(countingUnit({ version: 2 }))).toBeUndefined();
    expect(reopen({ ...countingUnit(), name: 'other' })).toBeUndefined();
  });

  it.each([
    [
      'is no database',
      (file: string) => writeFileSync(file, 'this is no database, but text that is long enough'.repeat(100)),
    ],
    ['is empty', (file: string) => writeFileSync(file, '')],
    ['does not exist in its folder', () => undefined],
  ])('is not opened when its file %s', (_, spoil) => {
    spoil(path);

    expect(reopen()).toBeUndefined();
  });
});

describe('the units', () => {
  it('are found by name', () => {
    for (const { unit } of UNITS) expect(unitNamed(unit.name)).toBe(unit);
  });

  it('end in an error for another name', () => {
    expect(() => unitNamed('nothing')).toThrow("no projection 'nothing'");
  });
});

function caught(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
