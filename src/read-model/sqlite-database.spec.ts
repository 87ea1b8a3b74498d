import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { row, rows, run } from './script.js';
import { SqliteDatabase } from './sqlite-database.js';

let folder: string;
let database: SqliteDatabase;

const values = (from = database) =>
  from.run(rows<{ value: number }>('SELECT value FROM number ORDER BY value')).map(({ value }) => value);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scim-ledger-sqlite-'));
  database = new SqliteDatabase(join(folder, 'x.sqlite'));
  database.define(['CREATE TABLE number (value INTEGER)']);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a database in SQLite', () => {
  it('hands each statement of a script its rows', () => {
    const sum = database.run(
      (function* () {
        yield* run('INSERT INTO number VALUES (?)', 1);
        yield* run('INSERT INTO number VALUES (?)', 2);
        const first = yield* row<{ value: number }>('SELECT value FROM number ORDER BY value');
        const none = yield* row<{ value: number }>('SELECT value FROM number WHERE value > 7');
        return [first?.value, none];
      })(),
    );

    expect(sum).toEqual([1, undefined]);
  });

  it('tells the key of a row that is inserted', () => {
    database.define(['CREATE TABLE tag (key INTEGER PRIMARY KEY, name TEXT NOT NULL)']);
    const insert = (name: string) =>
      database.run(row<{ key: number }>('INSERT INTO tag (name) VALUES (?) RETURNING key', name))?.key;

    const keys = [insert('a'), insert('b')];

    expect(database.run(rows('SELECT key, name FROM tag ORDER BY key'))).toEqual([
      { key: keys[0], name: 'a' },
      { key: keys[1], name: 'b' },
    ]);
  });

  it('keeps nothing of a transaction whose script throws', () => {
    const failing = function* () {
      yield* run('INSERT INTO number VALUES (1)');
      throw new Error('broken');
    };

    expect(() => database.transaction(failing)).toThrow('broken');
    expect(values()).toEqual([]);
  });

  it('keeps all of a transaction that ends', () => {
    const result = database.transaction(function* () {
      yield* run('INSERT INTO number VALUES (1)');
      return 'done';
    });

    expect(result).toBe('done');
    expect(values()).toEqual([1]);
  });

  it('can roll back when no transaction is open', () => {
    expect(() => database.rollback()).not.toThrow();
  });

  it('goes on after more different statements than it keeps prepared', () => {
    for (let number = 0; number < 1100; number++) {
      expect(database.run(row<{ value: number }>(`SELECT ${number} AS value`))?.value).toBe(number);
    }
  });

  it('shows another connection what was committed, and lets a reading one write nothing', () => {
    database.run(run('INSERT INTO number VALUES (1)'));
    const reading = new SqliteDatabase(database.path, { readOnly: true });

    expect(values(reading)).toEqual([1]);
    expect(() => reading.run(run('INSERT INTO number VALUES (2)'))).toThrow(/readonly/);
    reading.close();
  });
});
