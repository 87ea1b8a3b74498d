// How statements go to PostgreSQL: their text, their name once they are prepared, and the types of what comes back.
import pg from 'pg';
import { forPostgres } from './postgres-dialect.js';
import type { Row, SqlParameter, SqlValue, Statement } from './script.js';

interface Known {
  readonly text: string;
  name?: string;
}

/** Filters compile to many texts; neither this memory nor the server's may grow with them. */
const MAX_TEXTS = 1000;
const MAX_NAMES = 300;

const texts = new Map<string, Known>();
let names = 0;

/** A statement as the client takes it. From its second use on it is prepared, until there are too many. */
export function queryOf({ sql, parameters }: Statement): pg.QueryConfig {
  const values = parameters.map(valueOf);
  const known = texts.get(sql);
  if (known === undefined) {
    if (texts.size >= MAX_TEXTS) texts.clear();
    const text = forPostgres(sql);
    texts.set(sql, { text });
    return { text, values };
  }
  if (known.name === undefined && names < MAX_NAMES) known.name = `s${(names += 1)}`;
  const { text, name } = known;
  return name === undefined ? { text, values } : { name, text, values };
}

function valueOf(parameter: SqlParameter): SqlValue {
  if (typeof parameter === 'string') return parameter.replaceAll('\u0000', NEVER_STORED);
  return typeof parameter === 'object' && parameter !== null ? arrayLiteral(parameter) : parameter;
}

// PostgreSQL has no U+0000, and no id or name that is stored has one: an id that was asked for may, and finds nothing.
const NEVER_STORED = '\u{10ffff}\u{10fffe}';

// Written here rather than by the client, which looks at each character of each element.
function arrayLiteral(elements: readonly SqlValue[]): string {
  return `{${elements.map(elementOf).join(',')}}`;
}

function elementOf(element: SqlValue): string {
  if (typeof element !== 'string') return String(element);
  return TO_ESCAPE.test(element) ? `"${element.replace(ALL_TO_ESCAPE, '\\$&')}"` : `"${element}"`;
}

const TO_ESCAPE = /["\\]/;
const ALL_TO_ESCAPE = /["\\]/g;

/** Rows as scripts expect them. The script's select list names the columns; the driver cannot know their type. */
export function rowsOf(result: pg.QueryResult): readonly Row[] {
  return result.rows as readonly Row[];
}

const { BOOL, INT8, NUMERIC } = pg.types.builtins;
const NUMBERS: ReadonlySet<number> = new Set([INT8, NUMERIC]);
const BOOLEANS: ReadonlySet<number> = new Set([BOOL]);

/** Every number is a safe integer here, and truth is 1 or 0, as in SQLite. */
export const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (NUMBERS.has(oid)) return Number;
    if (BOOLEANS.has(oid)) return (value: string) => (value === 't' ? 1 : 0);
    // The library's parser for everything else.
    return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  },
};
