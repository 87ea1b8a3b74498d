// From a filter to SQL over the index. What the index cannot say exactly becomes a wider condition whose matches are
// evaluated one by one; what it cannot narrow at all becomes no condition. The evaluator is the judge of both.
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type RawBuilder,
} from 'kysely';
import type { BoundCompare, BoundFilter, BoundPresent } from '../scim/filter/bound-filter.js';
import { cut, INDEXED_LENGTH } from './documents.js';
import type { SqlValue, Statement } from './script.js';

export type Sql = RawBuilder<unknown>;

/** A condition on document `d`. */
export interface Condition {
  readonly sql: Sql;
  /** It holds for exactly the matches; otherwise for all of them and perhaps others. */
  readonly isExact: boolean;
  /** It looks at every value of a path, so its cost grows with their number. */
  readonly isCostly?: boolean;
}

/** What the index knows of a path. */
export interface IndexedPath {
  readonly key: number;
  /** Some values are longer than the index holds. */
  readonly isCut: boolean;
  /** A condition that an entry's `value` must fulfil besides, for values that do not count. */
  readonly where?: Sql;
}

export interface FilterSources {
  /** The index's entry for a path; undefined when its values are not indexed. */
  indexed(path: string): IndexedPath | undefined;
  /** A condition for a path that lives elsewhere than in the index. */
  custom(term: BoundCompare | BoundPresent): Condition | undefined;
}

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** The text and parameters of a query. */
export function toStatement(query: Sql): Statement {
  const compiled = query.compile(compiler);
  // Only strings and integers are ever bound below.
  return { sql: compiled.sql, parameters: compiled.parameters as readonly SqlValue[] };
}

/** The condition that a filter comes to; undefined when the index cannot narrow it. */
export function compileFilter(filter: BoundFilter, sources: FilterSources): Condition | undefined {
  switch (filter.type) {
    case 'constant':
      return { sql: filter.value ? sql`1 = 1` : sql`1 = 0`, isExact: true };
    case 'and':
      return compileAnd(filter.terms, sources);
    case 'or':
      return compileOr(filter.terms, sources);
    case 'not': {
      const inner = compileFilter(filter.term, sources);
      return inner?.isExact ? { ...inner, sql: sql`NOT (${inner.sql})` } : undefined;
    }
    case 'compare':
      return sources.custom(filter) ?? compileCompare(filter, sources);
    case 'present':
      return sources.custom(filter) ?? compilePresent(filter, sources);
    case 'valuePath': {
      // All terms must hold of one element, which the index does not know: each alone is necessary.
      const inner = compileFilter(necessary(filter.filter), sources);
      return inner && { ...inner, isExact: false };
    }
    default:
      return filter satisfies never;
  }
}

function compileAnd(terms: readonly BoundFilter[], sources: FilterSources): Condition | undefined {
  const parts = terms.map((term) => compileFilter(term, sources));
  const known = parts.filter((part) => part !== undefined);
  if (known.length === 0) return undefined;
  return {
    sql: joined(known, sql` AND `),
    isExact: known.length === parts.length && known.every(({ isExact }) => isExact),
    isCostly: known.some(({ isCostly }) => isCostly === true),
  };
}

function compileOr(terms: readonly BoundFilter[], sources: FilterSources): Condition | undefined {
  const parts = terms.map((term) => compileFilter(term, sources));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  return {
    sql: joined(known, sql` OR `),
    isExact: known.every(({ isExact }) => isExact),
    isCostly: known.some(({ isCostly }) => isCostly === true),
  };
}

function joined(conditions: readonly Condition[], separator: Sql): Sql {
  return sql`(${sql.join(
    conditions.map((condition) => condition.sql),
    separator,
  )})`;
}

// What a value path's inner filter demands of the attribute as a whole. A negation says nothing of other elements.
function necessary(filter: BoundFilter): BoundFilter {
  switch (filter.type) {
    case 'and':
    case 'or':
      return { type: filter.type, terms: filter.terms.map(necessary) };
    case 'not':
      return ANYTHING;
    case 'compare':
      return filter.op === 'ne' ? ANYTHING : filter;
    case 'present':
    case 'valuePath':
    case 'constant':
      return filter;
    default:
      return filter satisfies never;
  }
}

const ANYTHING: BoundFilter = { type: 'constant', value: true };

function compileCompare({ path, op, key }: BoundCompare, sources: FilterSources): Condition | undefined {
  const indexed = sources.indexed(path.path);
  if (!indexed) return undefined;
  if (op === 'ne') {
    // True also of an element without the value, which the index does not show.
    if (path.attribute.multiValued) return undefined;
    const equal = compareValues('eq', key, indexed);
    return equal.isExact ? { sql: sql`NOT (${entries(indexed, equal.sql)})`, isExact: true } : undefined;
  }
  const { sql: condition, isExact } = compareValues(op, key, indexed);
  return { sql: entries(indexed, condition), isExact, isCostly: op === 'co' || op === 'ew' };
}

function compilePresent({ path }: BoundPresent, sources: FilterSources): Condition | undefined {
  const indexed = sources.indexed(path.path);
  // RFC 7644 §3.4.2.2: `pr` asks for a non-empty value.
  return indexed && { sql: entries(indexed, sql`value <> ''`), isExact: true };
}

function entries({ key, where }: IndexedPath, condition: Sql): Sql {
  const more = where ? sql` AND ${where}` : sql``;
  return sql`d.key IN (SELECT document FROM indexed_value WHERE path = ${key} AND ${condition}${more})`;
}

type IndexOperator = Exclude<BoundCompare['op'], 'ne'>;

function compareValues(op: IndexOperator, key: string, { isCut }: IndexedPath): Condition {
  return isCut ? compareCut(op, key) : { sql: compareWhole(op, key), isExact: true };
}

function compareWhole(op: IndexOperator, key: string): Sql {
  switch (op) {
    case 'eq':
      return sql`value = ${key}`;
    case 'sw':
      return startsWith(key);
    case 'co':
      return key === '' ? sql`1 = 1` : sql`instr(value, ${key}) > 0`;
    case 'ew':
      return key === '' ? sql`1 = 1` : endsWith(key);
    case 'gt':
      return sql`value > ${key}`;
    case 'ge':
      return sql`value >= ${key}`;
    case 'lt':
      return sql`value < ${key}`;
    case 'le':
      return sql`value <= ${key}`;
    default:
      return op satisfies never;
  }
}

// A value of this length or more may be a longer one cut: cut one unit short of half a surrogate pair at the least.
const SHORTEST_CUT = INDEXED_LENGTH - 1;

/** Compares where an entry may be the beginning of a longer value. */
function compareCut(op: IndexOperator, key: string): Condition {
  switch (op) {
    case 'eq':
      return { sql: sql`value = ${cut(key)}`, isExact: key.length < SHORTEST_CUT };
    case 'sw':
      return { sql: startsWith(cut(key)), isExact: key.length < SHORTEST_CUT };
    case 'co':
    case 'ew':
      if (key === '') return { sql: sql`1 = 1`, isExact: true };
      // SQL counts code points, of which a cut value has at least half as many as code units.
      return {
        sql: sql`(${compareWhole(op, key)} OR length(value) >= ${SHORTEST_CUT >> 1})`,
        isExact: false,
      };
    case 'gt':
    case 'ge':
      // The beginning of a greater value is no less than an equally short beginning of the operand.
      return { sql: sql`value >= ${cut(key, SHORTEST_CUT)}`, isExact: false };
    case 'lt':
    case 'le':
      // The beginning of a value is no greater than the value.
      return { sql: sql`value <= ${key}`, isExact: false };
    default:
      return op satisfies never;
  }
}

// Said without a negative place, of which databases have different notions.
function endsWith(end: string): Sql {
  return sql`(length(value) >= length(${end}) AND substr(value, length(value) - length(${end}) + 1) = ${end})`;
}

function startsWith(prefix: string): Sql {
  if (prefix === '') return sql`1 = 1`;
  const end = after(prefix);
  return end === undefined ? sql`value >= ${prefix}` : sql`value >= ${prefix} AND value < ${end}`;
}

const LAST_CODE_POINT = 0x10ffff;

/** The least text that is greater than every text beginning with `prefix`; undefined when there is none. */
function after(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters: the next one after U+D7FF is U+E000.
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
  return String.fromCodePoint(...points, next);
}
