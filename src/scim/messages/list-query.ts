import { isJsonArray, type Json } from '../json.js';
import { member, messageOf } from './message-members.js';
import { scimErrors } from './scim-error.js';
import { SEARCH_REQUEST_URN } from './urns.js';

/** What a list asks for, from a query string or a SearchRequest (RFC 7644 §3.4.2, §3.4.3). */
export interface ListQuery {
  /** As sent; an empty filter is the parser's to refuse. */
  readonly filter?: string;
  readonly sortBy?: string;
  readonly sortOrder: SortOrder;
  /** 1-based. */
  readonly startIndex: number;
  /** Most resources wanted; absent when the client leaves it to the server. */
  readonly count?: number;
  readonly attributes?: readonly string[];
  readonly excludedAttributes?: readonly string[];
}

export type SortOrder = 'ascending' | 'descending';

export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the parameters of a GET that lists; unknown ones are ignored (RFC 7644 §3.4.2).
 *
 * @throws ScimError invalidValue naming the parameter
 */
export function parseListQuery(parameters: QueryParameters): ListQuery {
  return listQuery((name) => {
    const value = parameters[name];
    if (typeof value === 'string' || value === undefined) return value;
    if (name.toLowerCase().endsWith('attributes')) return value.join(',');
    throw scimErrors.invalidValue(name, 'the parameter once');
  });
}

/**
 * Reads a SearchRequest message.
 *
 * @throws ScimError invalidSyntax for another message, invalidValue naming the member
 */
export function parseSearchRequest(body: Json | undefined): ListQuery {
  const message = messageOf(body, SEARCH_REQUEST_URN);
  return listQuery((name) => member(message, name) ?? undefined);
}

/** The names in a comma-separated list or an array of attribute notations. */
export function parseAttributeList(name: string, value: Json | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? value.split(',') : value;
  if (!isJsonArray(list)) throw scimErrors.invalidValue(name, 'an array of attribute names');
  const names = list.map((notation) => {
    if (typeof notation !== 'string') throw scimErrors.invalidValue(name, 'attribute names as strings');
    return notation.trim();
  });
  const given = names.filter((notation) => notation !== '');
  return given.length === 0 ? undefined : given;
}

function listQuery(read: (name: string) => Json | undefined): ListQuery {
  const filter = text('filter', read('filter'));
  const sortBy = text('sortBy', read('sortBy'));
  const count = integer('count', read('count'));
  const attributes = parseAttributeList('attributes', read('attributes'));
  const excludedAttributes = parseAttributeList('excludedAttributes', read('excludedAttributes'));
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(sortBy === undefined || sortBy === '' ? {} : { sortBy }),
    sortOrder: sortOrder(read('sortOrder')),
    // RFC 7644 §3.4.2.4: less than 1 is 1, a negative count is 0.
    startIndex: Math.max(integer('startIndex', read('startIndex')) ?? 1, 1),
    ...(count === undefined ? {} : { count: Math.max(count, 0) }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(excludedAttributes === undefined ? {} : { excludedAttributes }),
  };
}

function text(name: string, value: Json | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw scimErrors.invalidValue(name, 'a string');
}

function integer(name: string, value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/u.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw scimErrors.invalidValue(name, 'a whole number');
}

function sortOrder(value: Json | undefined): SortOrder {
  const folded = typeof value === 'string' ? value.toLowerCase() : value;
  if (folded === undefined || folded === '' || folded === 'ascending') return 'ascending';
  if (folded === 'descending') return 'descending';
  throw scimErrors.invalidValue('sortOrder', 'ascending or descending');
}
