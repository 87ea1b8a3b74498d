import { run, type Script, type SqlValue } from './script.js';

/** Rows of one statement: powers of two, so that few texts serve any number of rows. */
const MOST_AT_ONCE = 64;

const texts = new Map<string, string>();

/**
 * Inserts many rows with few statements.
 * @param into table and columns, as in `tag (id, name)`
 * @param values of all rows, one row after the other
 */
export function* insertRows(into: string, columns: number, values: readonly SqlValue[]): Script<void> {
  let atOnce = MOST_AT_ONCE;
  for (let start = 0; start < values.length;) {
    while (start + atOnce * columns > values.length) atOnce /= 2;
    const end = start + atOnce * columns;
    yield* run(textOf(into, columns, atOnce), ...values.slice(start, end));
    start = end;
  }
}

function textOf(into: string, columns: number, rowCount: number): string {
  const name = `${into} ${rowCount}`;
  const known = texts.get(name);
  if (known !== undefined) return known;
  const one = `(${Array<string>(columns).fill('?').join(', ')})`;
  const text = `INSERT INTO ${into} VALUES ${Array<string>(rowCount).fill(one).join(', ')}`;
  texts.set(name, text);
  return text;
}
