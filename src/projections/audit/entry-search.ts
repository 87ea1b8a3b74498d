// Finding audit entries, newest first.
import { sql } from 'kysely';
import { findKind, findPath, type Document, type Interned } from '../../read-model/documents.js';
import {
  compileFilter,
  toStatement,
  type FilterSources,
  type IndexedPath,
  type Sql,
} from '../../read-model/filter-sql.js';
import { row, type Script } from '../../read-model/script.js';
import { SearchTooLong } from '../../read-model/search.js';
import type { BoundFilter } from '../../scim/filter/bound-filter.js';
import { evaluate } from '../../scim/filter/evaluate.js';
import type { AuditEntry } from './audit-entry.js';
import { EFFECTIVE_TIME, ENTRY_KIND, filterView, INDEXED_AUDIT_PATHS } from './audit-values.js';

const BUDGET_MS = 2000;
const CANDIDATES_AT_ONCE = 200;

/** A search for entries; plain data, so that it can go to another thread. */
export interface EntrySearch {
  readonly tenant: string;
  readonly filter: BoundFilter | undefined;
  /** Comparable keys of effective times: from the first on, and before the second. */
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Key of the last entry of the page before. */
  readonly before: number | undefined;
  readonly count: number;
}

export interface FoundEntries {
  readonly entries: readonly AuditEntry[];
  /** Key to go on before; undefined when there is nothing more. */
  readonly next: number | undefined;
}

/** @throws SearchTooLong */
export function* searchEntries(interned: Interned, request: EntrySearch): Script<FoundEntries> {
  const kind = yield* findKind(interned, request.tenant, ENTRY_KIND);
  if (kind === undefined) return { entries: [], next: undefined };
  // One more than asked for tells whether there is a next page.
  const found = yield* newestMatches(kind, request, request.count + 1);
  const shown = found.slice(0, request.count);
  const next = found.length > request.count ? shown.at(-1)?.key : undefined;
  return { entries: shown.map(({ entry }) => entry), next };
}

interface FoundEntry {
  readonly key: number;
  readonly entry: AuditEntry;
}

function* newestMatches(kind: number, request: EntrySearch, wanted: number): Script<readonly FoundEntry[]> {
  const { from, to } = yield* keyRange(kind, request);
  const condition = request.filter && compileFilter(request.filter, yield* sources(kind));
  const narrowing = condition ? sql` AND ${condition.sql}` : sql``;
  const deadline = Date.now() + BUDGET_MS;
  const found: FoundEntry[] = [];
  for (let before = to; found.length < wanted;) {
    const page = yield* candidates(
      sql`d.kind = ${kind} AND d.key >= ${from} AND d.key < ${before}${narrowing}`,
    );
    found.push(...page.map(entryOf).filter(({ entry }) => matches(request.filter, entry)));
    const last = page.at(-1);
    if (!last || page.length < CANDIDATES_AT_ONCE) break;
    before = last.key;
    if (Date.now() > deadline) throw new SearchTooLong('the search took too long');
  }
  return found;
}

function entryOf({ key, body }: Pick<Document, 'key' | 'body'>): FoundEntry {
  // Written by the projection as an AuditEntry.
  return { key, entry: JSON.parse(body) as AuditEntry };
}

function matches(filter: BoundFilter | undefined, entry: AuditEntry): boolean {
  return filter === undefined || evaluate(filter, filterView(entry));
}

function* candidates(where: Sql): Script<readonly Pick<Document, 'key' | 'body'>[]> {
  const query = sql`SELECT d.key, d.body FROM document d WHERE ${where} ORDER BY d.key DESC LIMIT ${CANDIDATES_AT_ONCE}`;
  return (yield toStatement(query)) as unknown as readonly Pick<Document, 'key' | 'body'>[];
}

// Effective times never go back along the log, so a span of time is a range of keys.
function* keyRange(
  kind: number,
  { since, until, before }: EntrySearch,
): Script<{ from: number; to: number }> {
  const path = (yield* findPath(kind, EFFECTIVE_TIME))?.key ?? -1;
  const from = since === undefined ? 0 : yield* firstKeyFrom(path, since);
  const to = until === undefined ? Number.MAX_SAFE_INTEGER : yield* firstKeyFrom(path, until);
  return { from, to: Math.min(to, before ?? Number.MAX_SAFE_INTEGER) };
}

function* firstKeyFrom(path: number, time: string): Script<number> {
  const found = yield* row<{ document: number }>(
    'SELECT document FROM indexed_value WHERE path = ? AND value >= ? ORDER BY value, document LIMIT 1',
    path,
    time,
  );
  return found?.document ?? Number.MAX_SAFE_INTEGER;
}

function* sources(kind: number): Script<FilterSources> {
  const paths = new Map<string, IndexedPath>();
  for (const path of INDEXED_AUDIT_PATHS) {
    const found = yield* findPath(kind, path);
    paths.set(path, { key: found?.key ?? -1, isCut: found?.isCut ?? false });
  }
  return { indexed: (path) => paths.get(path), custom: () => undefined };
}
