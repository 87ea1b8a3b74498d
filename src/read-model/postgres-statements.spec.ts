import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { queryOf, TYPES } from './postgres-statements.js';

describe('a statement for PostgreSQL', () => {
  it('is prepared from its second use on', () => {
    const statement = { sql: 'SELECT 1 AS used_twice WHERE 1 = ?', parameters: [1] };

    const first = queryOf(statement);
    const second = queryOf(statement);

    expect(first).toEqual({ text: 'SELECT 1 AS used_twice WHERE 1 = $1', values: [1] });
    expect(second).toEqual({ ...first, name: expect.stringMatching(/^s\d+$/) });
    expect(queryOf(statement)).toEqual(second);
  });

  it('is not prepared when there are too many of them, nor forgotten', () => {
    for (let number = 0; number < 1500; number++) {
      const statement = { sql: `SELECT ${number} AS many`, parameters: [] };
      queryOf(statement);
      queryOf(statement);
    }

    const last = { sql: 'SELECT 1 AS last', parameters: [] };
    queryOf(last);
    expect(queryOf(last)).toEqual({ text: 'SELECT 1 AS last', values: [] });
  });

  it('takes lists as literals of arrays', () => {
    const parameters = [[1, 2], ['a', 'b "c" \\d', '', '{,}', 'null'], [null], 'x'];

    expect(queryOf({ sql: 'SELECT lists', parameters }).values).toEqual([
      '{1,2}',
      String.raw`{"a","b \"c\" \\d","","{,}","null"}`,
      '{null}',
      'x',
    ]);
  });
});

describe('an id that no database could hold', () => {
  it('is asked for as one that is not stored', () => {
    const [value] = queryOf({ sql: 'SELECT id', parameters: ['a\u0000b'] }).values ?? [];

    expect(value).not.toContain('\u0000');
    expect(value).not.toBe('ab');
  });
});

describe('values from PostgreSQL', () => {
  const { BOOL, INT8, NUMERIC, TEXT } = pg.types.builtins;
  const parse = (type: Parameters<typeof TYPES.getTypeParser>[0], text: string) =>
    (TYPES.getTypeParser(type, 'text') as (text: string) => unknown)(text);

  it('are numbers, texts, and 1 or 0 for truth, as from SQLite', () => {
    expect(parse(INT8, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parse(NUMERIC, '12')).toBe(12);
    expect([parse(BOOL, 't'), parse(BOOL, 'f')]).toEqual([1, 0]);
    expect(parse(TEXT, 'text')).toBe('text');
  });
});
