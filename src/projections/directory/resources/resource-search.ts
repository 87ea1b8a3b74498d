import { findKind, type Document, type Interned } from '../../../read-model/documents.js';
import { compileFilter, type IndexedPath } from '../../../read-model/filter-sql.js';
import type { Script } from '../../../read-model/script.js';
import { isQuick, search, type Found, type Search, type SearchOrder } from '../../../read-model/search.js';
import { resourceTypeNamed } from '../../../resources/registry.js';
import type { ResourceType } from '../../../resources/resource-type.js';
import type { BoundFilter } from '../../../scim/filter/bound-filter.js';
import { evaluate } from '../../../scim/filter/evaluate.js';
import { sortKey, type BoundSort } from '../../../scim/filter/sort.js';
import type { JsonObject } from '../../../scim/json.js';
import { DEFAULT_SELECTION, type Selection } from '../../../scim/schema/selection.js';
import { filterSources, pathsOf } from './filter-sources.js';
import { renderResource } from './render.js';
import { stateOf } from './resources.projection.js';

/** How long one request may evaluate documents, in milliseconds. */
const BUDGET_MS = 2000;

/** A search for resources; plain data, so that it can go to another thread. */
export interface ResourceSearch {
  readonly tenant: string;
  readonly type: string;
  readonly filter: BoundFilter | undefined;
  readonly sort: { readonly by: BoundSort; readonly isDescending: boolean } | undefined;
  readonly offset: number;
  readonly count: number;
  /** Base of the URLs that a filter may compare. */
  readonly baseUrl: string;
}

const NOTHING: Found = { total: 0, documents: [] };

/** What a search comes to when it is quick; undefined when it belongs into another thread. */
export function* searchByIndex(interned: Interned, request: ResourceSearch): Script<Found | undefined> {
  const prepared = yield* prepare(interned, request);
  if (prepared === undefined) return NOTHING;
  return isQuick(prepared) ? yield* search(prepared) : undefined;
}

/** Finds resources whatever it takes within the budget. @throws SearchTooLong */
export function* searchAnyhow(interned: Interned, request: ResourceSearch): Script<Found> {
  const prepared = yield* prepare(interned, request);
  return prepared === undefined ? NOTHING : yield* search(prepared);
}

function* prepare(interned: Interned, request: ResourceSearch): Script<Search | undefined> {
  const type = resourceTypeNamed(request.type);
  const kind = type && (yield* findKind(interned, request.tenant, type.name));
  if (!type || kind === undefined) return undefined;
  const { filter, sort, offset, count } = request;
  const mentioned = new Set([...(filter ? pathsOf(filter) : []), ...(sort ? [sort.by.path.path] : [])]);
  const sources = yield* filterSources(interned, request.tenant, type, kind, mentioned);
  const view = viewFor(interned, request, type, mentioned);
  const order = sort && orderOf(sort, sources.indexed(sort.by.path.path), view);
  return {
    kind,
    condition: filter && compileFilter(filter, sources),
    matches:
      filter &&
      function* (document) {
        return evaluate(filter, yield* view(document));
      },
    order,
    offset,
    count,
    deadline: Date.now() + BUDGET_MS,
  };
}

function orderOf(
  { by, isDescending }: NonNullable<ResourceSearch['sort']>,
  indexed: IndexedPath | undefined,
  view: (document: Document) => Script<JsonObject>,
): SearchOrder {
  // Of a multi-valued attribute one element decides, which the index does not tell.
  const isOrdered = indexed && !indexed.isCut && !indexed.where && !by.path.attribute.multiValued;
  return {
    indexedPath: isOrdered ? indexed.key : undefined,
    keyOf: function* (document) {
      return sortKey(by, yield* view(document));
    },
    isDescending,
  };
}

/** The resource as the filter has to see it: derived attributes only where it asks for them. */
function viewFor(
  interned: Interned,
  { tenant, baseUrl }: ResourceSearch,
  type: ResourceType,
  mentioned: ReadonlySet<string>,
): (document: Document) => Script<JsonObject> {
  const derived = [type.members?.attribute, type.membershipAttribute].filter((name) => name !== undefined);
  const isMentioned = (name: string): boolean =>
    [...mentioned].some((path) => path === name || path.startsWith(`${name}.`));
  const unread = derived.filter((name) => !isMentioned(name));
  const selection: Selection =
    unread.length === 0 ? DEFAULT_SELECTION : { mode: 'exclude', named: new Set(unread), above: new Set() };
  const context = { interned, tenant, type, baseUrl };
  return (document) => renderResource(context, document.id, stateOf(document), selection);
}
