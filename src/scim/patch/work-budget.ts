import type { BoundFilter } from '../filter/bound-filter.js';
import { scimErrors } from '../messages/scim-error.js';

export const MAX_PATCH_WORK = 500_000;

/**
 * Bounds what one PATCH may cost: a thousand operations that each search a long list would hold up everyone
 * else. Work is counted in elements visited, times the terms of the filter that visits them.
 */
export class WorkBudget {
  private left = MAX_PATCH_WORK;

  /** @throws ScimError 413 naming the limit */
  spend(elements: number, filter?: BoundFilter): void {
    this.left -= elements * (filter === undefined ? 1 : termsOf(filter));
    if (this.left < 0) throw scimErrors.payloadTooLarge(`${MAX_PATCH_WORK} elements searched by one PATCH`);
  }
}

function termsOf(filter: BoundFilter): number {
  if (filter.type === 'not') return termsOf(filter.term);
  if (filter.type !== 'and' && filter.type !== 'or') return 1;
  let count = 0;
  for (const term of filter.terms) count += termsOf(term);
  return count;
}
