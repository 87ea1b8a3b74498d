// Where the attributes of a resource stand in the tables, for filters and sorting.
import { sql } from 'kysely';
import { findKind, findPath, type Interned } from '../../../read-model/documents.js';
import type { Condition, FilterSources, IndexedPath, Sql } from '../../../read-model/filter-sql.js';
import type { Script } from '../../../read-model/script.js';
import type { ResourceType } from '../../../resources/resource-type.js';
import type { BoundCompare, BoundFilter, BoundPresent } from '../../../scim/filter/bound-filter.js';
import { keysCompare } from '../../../scim/filter/evaluate.js';
import { META_PATHS } from './indexed-values.js';

/** Looks up what a search needs to know of the index, so that its filter can be compiled without asking again. */
export function* filterSources(
  interned: Interned,
  tenant: string,
  type: ResourceType,
  kind: number,
  mentioned: ReadonlySet<string>,
): Script<FilterSources> {
  const paths = new Map<string, IndexedPath>();
  for (const path of [...type.indexedPaths, ...META_PATHS]) {
    if (!mentioned.has(path)) continue;
    const found = yield* findPath(kind, path);
    const where = yield* countsWhere(interned, tenant, type, path);
    // A path that no document has a value for is indexed as well: its index is empty.
    paths.set(path, { key: found?.key ?? -1, isCut: found?.isCut ?? false, ...(where ? { where } : {}) });
  }
  const memberKinds = yield* kindsOf(interned, tenant, type.members?.resourceTypes ?? []);
  return {
    indexed: (path) => paths.get(path),
    custom: (term) => customCondition(type, kind, memberKinds, term),
  };
}

// A reference to a resource that is gone counts as unassigned.
function* countsWhere(
  interned: Interned,
  tenant: string,
  type: ResourceType,
  path: string,
): Script<Sql | undefined> {
  const reference = type.references.find((candidate) => `${candidate.path}.value` === path);
  const kind = reference && (yield* findKind(interned, tenant, reference.resourceType));
  return kind === undefined ? undefined : sql`value NOT IN (SELECT id FROM gone WHERE kind = ${kind})`;
}

function* kindsOf(interned: Interned, tenant: string, types: readonly string[]): Script<readonly number[]> {
  const kinds: number[] = [];
  for (const type of types) {
    const kind = yield* findKind(interned, tenant, type);
    if (kind !== undefined) kinds.push(kind);
  }
  return kinds;
}

function customCondition(
  type: ResourceType,
  kind: number,
  memberKinds: readonly number[],
  term: BoundCompare | BoundPresent,
): Condition | undefined {
  const { path } = term.path;
  if (path === 'id') return idCondition(term);
  if (path === 'meta.resourceType') {
    const isTrue = term.type === 'present' || keysCompare(term.op, type.name, term.key);
    return { sql: isTrue ? sql`1 = 1` : sql`1 = 0`, isExact: true };
  }
  if (type.members && (path === type.members.attribute || path === `${type.members.attribute}.value`)) {
    return membersCondition(memberKinds, term);
  }
  return undefined;
}

function idCondition(term: BoundCompare | BoundPresent): Condition | undefined {
  if (term.type === 'present') return { sql: sql`1 = 1`, isExact: true };
  if (term.op === 'eq') return { sql: sql`d.id = ${term.key}`, isExact: true };
  if (term.op === 'ne') return { sql: sql`d.id <> ${term.key}`, isExact: true };
  return undefined;
}

function membersCondition(
  memberKinds: readonly number[],
  term: BoundCompare | BoundPresent,
): Condition | undefined {
  if (term.type === 'present') {
    return { sql: sql`EXISTS (SELECT 1 FROM membership m WHERE m.holder = d.key)`, isExact: true };
  }
  if (term.op !== 'eq' || memberKinds.length === 0) return undefined;
  const kinds = sql.join(memberKinds.map((member) => sql`${member}`));
  const holders = sql`SELECT m.holder FROM document u JOIN membership m ON m.member = u.key
    WHERE u.kind IN (${kinds}) AND u.id = ${term.key}`;
  return { sql: sql`d.key IN (${holders})`, isExact: true };
}

/** The canonical paths that a filter mentions; of a value path its own and those inside. */
export function pathsOf(filter: BoundFilter): readonly string[] {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.terms.flatMap(pathsOf);
    case 'not':
      return pathsOf(filter.term);
    case 'constant':
      return [];
    case 'valuePath':
      return [filter.path.path, ...pathsOf(filter.filter)];
    default:
      return [filter.path.path];
  }
}
