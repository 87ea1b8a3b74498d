import { describe, expect, it } from '@jest/globals';
import { forSqlite } from './sqlite-dialect.js';

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
});
