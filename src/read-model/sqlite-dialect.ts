// Scripts are written in the SQL that SQLite and PostgreSQL share. SQLite runs some of it several times faster when
// it is said otherwise.

/**
 * The same statement as SQLite likes it.
 *
 * - It plans a statement anew for each value that a WHERE or a LIMIT compares with (SQLITE_ENABLE_STAT4), which takes
 *   longer than to run it. It does not look behind a sign or a sum.
 * - To undo half of a statement it copies each page that a statement of several rows changes. `OR IGNORE` never has
 *   to undo anything.
 */
export function forSqlite(sql: string): string {
  const planned = sql.replaceAll('LIMIT ?', 'LIMIT 0 + ?').replaceAll('?', '+?');
  const insert = IGNORING.exec(planned);
  return insert?.[1] === undefined ? planned : `INSERT OR IGNORE${insert[1]}`;
}

/**
 * An insert that returns the key of its one row, without that; undefined for any other statement. SQLite gathers what
 * a statement returns in a table of its own, and to be able to undo that copies each page that it changes. The key of
 * the row it tells anyway: where a table has a column `key`, that is its row id.
 */
export function withoutReturning(sql: string): string | undefined {
  return RETURNING_KEY.exec(sql)?.[1];
}

const RETURNING_KEY = /^(INSERT INTO \w+ \([^()]*\) VALUES \([^()]*\)) RETURNING key$/;
const IGNORING = /^\s*INSERT( INTO .*) ON CONFLICT DO NOTHING\s*$/s;
