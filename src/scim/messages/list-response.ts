import type { JsonObject } from '../json.js';
import { LIST_RESPONSE_URN } from './urns.js';

export interface ListResponseParts {
  readonly resources: readonly JsonObject[];
  /** All matches, not only those of this page. */
  readonly totalResults: number;
  /** 1-based index of the first resource, as the request had it. */
  readonly startIndex: number;
}

/** RFC 7644 §3.4.2. All members are always sent: Entra wants `Resources` even when empty. */
export function listResponse({ resources, totalResults, startIndex }: ListResponseParts): JsonObject {
  return {
    schemas: [LIST_RESPONSE_URN],
    totalResults,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
