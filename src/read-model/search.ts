// Finding documents: by index where the filter and the order allow it, else by evaluating candidates one by one.
import { sql } from 'kysely';
import { compareSortKeys } from '../scim/filter/sort.js';
import { countDocuments, documentsByKey, pageOfKeys, type Document } from './documents.js';
import { toStatement, type Condition, type Sql } from './filter-sql.js';
import type { Row, Script } from './script.js';

/** A search took longer than its budget. */
export class SearchTooLong extends Error {
  override readonly name = 'SearchTooLong';
}

export interface SearchOrder {
  /** The path's key in the index, when its index can give the order exactly. */
  readonly indexedPath: number | undefined;
  readonly keyOf: (document: Document) => Script<string | undefined>;
  readonly isDescending: boolean;
}

export interface Search {
  readonly kind: number;
  /** What the index says of the filter; undefined without a filter, or when it says nothing. */
  readonly condition: Condition | undefined;
  /** Judges a candidate; undefined without a filter. */
  readonly matches: ((document: Document) => Script<boolean>) | undefined;
  readonly order: SearchOrder | undefined;
  /** Documents to step over. */
  readonly offset: number;
  readonly count: number;
  /** Milliseconds since the epoch at which evaluation gives up. */
  readonly deadline: number;
}

export interface Found {
  readonly total: number;
  readonly documents: readonly Document[];
}

/** Whether a search is quick: it looks neither into documents nor at every value of a path. */
export function isQuick(request: Search): boolean {
  return isByIndex(request) && request.condition?.isCostly !== true;
}

/** Whether a search needs no document to be evaluated. */
function isByIndex({ condition, matches, order }: Search): boolean {
  const isFilterExact = matches === undefined || condition?.isExact === true;
  return isFilterExact && (order === undefined || order.indexedPath !== undefined);
}

/** @throws SearchTooLong */
export function* search(request: Search): Script<Found> {
  if (!isByIndex(request)) return yield* searchByEvaluation(request);
  if (request.matches === undefined && request.order === undefined) {
    const total = yield* countDocuments(request.kind);
    const keys = yield* pageOfKeys(request.kind, request.offset, request.count);
    return { total, documents: yield* documentsByKey(keys) };
  }
  const where = whereOf(request);
  if (request.order === undefined && request.offset === 0 && request.count > 0) {
    const keys = yield* keysBy(request, where);
    // A page that is not full holds all there is: the look-ups of provisioning clients end here.
    const total = keys.length < request.count ? keys.length : yield* countBy(where);
    return { total, documents: yield* documentsByKey(keys) };
  }
  const total = yield* countBy(where);
  if (request.count === 0 || request.offset >= total) return { total, documents: [] };
  const keys = request.order ? yield* orderedKeys(request, where, total) : yield* keysBy(request, where);
  return { total, documents: yield* documentsByKey(keys) };
}

function whereOf({ kind, condition }: Search): Sql {
  return condition ? sql`d.kind = ${kind} AND ${condition.sql}` : sql`d.kind = ${kind}`;
}

function* ask<R extends Row>(query: Sql): Script<readonly R[]> {
  return (yield toStatement(query)) as readonly R[];
}

function* countBy(where: Sql): Script<number> {
  const [found] = yield* ask<{ total: number }>(sql`SELECT count(*) AS total FROM document d WHERE ${where}`);
  return found?.total ?? 0;
}

function* keysBy({ count, offset }: Search, where: Sql): Script<readonly number[]> {
  const found = yield* ask<{ key: number }>(
    sql`SELECT d.key FROM document d WHERE ${where} ORDER BY d.key LIMIT ${count} OFFSET ${offset}`,
  );
  return found.map(({ key }) => key);
}

// RFC 7644 §3.4.2.3: documents without the value come last ascending and first descending.
function* orderedKeys(
  { order, offset, count }: Search,
  where: Sql,
  total: number,
): Script<readonly number[]> {
  const path = order?.indexedPath ?? 0;
  const direction = order?.isDescending ? sql`DESC` : sql`ASC`;
  const from = sql`FROM indexed_value s JOIN document d ON d.key = s.document WHERE s.path = ${path} AND ${where}`;
  const [having] = yield* ask<{ total: number }>(sql`SELECT count(*) AS total ${from}`);
  const withValue = having?.total ?? 0;
  const withoutFirst = order?.isDescending === true;
  const missing = total - withValue;
  const valueOffset = withoutFirst ? Math.max(0, offset - missing) : offset;
  const missingOffset = withoutFirst ? offset : Math.max(0, offset - withValue);
  const missingKeys =
    missing === 0
      ? []
      : yield* ask<{ key: number }>(
          sql`SELECT d.key FROM document d WHERE ${where}
            AND d.key NOT IN (SELECT document FROM indexed_value WHERE path = ${path})
            ORDER BY d.key ${direction} LIMIT ${count} OFFSET ${missingOffset}`,
        );
  const valueKeys = yield* ask<{ key: number }>(
    sql`SELECT d.key ${from} ORDER BY s.value ${direction}, s.document ${direction} LIMIT ${count} OFFSET ${valueOffset}`,
  );
  const inOrder = withoutFirst
    ? [...missingKeys, ...valueKeys]
    : [...valueKeys.slice(0, Math.max(0, withValue - offset)), ...missingKeys];
  return inOrder.slice(0, count).map(({ key }) => key);
}

const CANDIDATES_AT_ONCE = 500;

interface Match {
  readonly key: number;
  readonly sortKey: string | undefined;
}

function* searchByEvaluation(request: Search): Script<Found> {
  const { order, offset, count } = request;
  const matched: Match[] = [];
  for (let after = 0; ;) {
    const page = yield* ask<{ key: number; kind: number; id: string; label: string; body: string }>(
      sql`SELECT d.key, d.kind, d.id, d.label, d.body FROM document d
        WHERE ${whereOf(request)} AND d.key > ${after} ORDER BY d.key LIMIT ${CANDIDATES_AT_ONCE}`,
    );
    for (const document of page) {
      if (request.matches && !(yield* request.matches(document))) continue;
      matched.push({ key: document.key, sortKey: order && (yield* order.keyOf(document)) });
    }
    const last = page.at(-1);
    if (!last || page.length < CANDIDATES_AT_ONCE) break;
    after = last.key;
    if (Date.now() > request.deadline) throw new SearchTooLong('the search took too long');
  }
  if (order) {
    matched.sort((a, b) => compareSortKeys(a.sortKey, b.sortKey, 'ascending'));
    // Turned round rather than sorted the other way, so that equal documents turn round as in an index.
    if (order.isDescending) matched.reverse();
  }
  const keys = matched.slice(offset, offset + count).map(({ key }) => key);
  return { total: matched.length, documents: yield* documentsByKey(keys) };
}
