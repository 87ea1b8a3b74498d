import { describe, expect, it } from '@jest/globals';
import { forSqlite, withoutReturning } from './sqlite-dialect.js';

describe('SQL for SQLite', () => {
  it('hides the values of parameters from the planner', () => {
    expect(forSqlite('SELECT key FROM document WHERE kind = ? AND key >= ? LIMIT ? OFFSET ?')).toBe(
      'SELECT key FROM document WHERE kind = +? AND key >= +? LIMIT 0 + +? OFFSET +?',
    );
  });

  it('ignores rows that are there already without being able to undo the others', () => {
    expect(forSqlite('INSERT INTO path (kind, path) VALUES (?, ?) ON CONFLICT DO NOTHING')).toBe(
      'INSERT OR IGNORE INTO path (kind, path) VALUES (+?, +?)',
    );
  });

  it('leaves an insert that updates what is there as it is', () => {
    const sql = 'INSERT INTO mark VALUES (1) ON CONFLICT (kind) DO UPDATE SET documents = 1';

    expect(forSqlite(sql)).toBe(sql);
  });

  it('lets the database itself tell the key of an inserted row', () => {
    expect(withoutReturning('INSERT INTO tag (id, name) VALUES (?, ?) RETURNING key')).toBe(
      'INSERT INTO tag (id, name) VALUES (?, ?)',
    );
  });

  it('leaves what else a statement returns to the statement', () => {
    const others = [
      'UPDATE tag SET name = ? RETURNING key',
      'INSERT INTO tag (id, name) VALUES (?, ?), (?, ?) RETURNING key',
      'INSERT INTO tag (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING key',
      'INSERT INTO tag (id, name) VALUES (?, ?) RETURNING name',
    ];

    expect(others.map(withoutReturning)).toEqual(others.map(() => undefined));
  });
});
