import { describe, expect, it } from '@jest/globals';
import { groupType } from '../resources/group/index.js';
import { bindFilter } from '../scim/filter/bind.js';
import { parseFilter } from '../scim/filter/parser.js';
import { ENTRA_LENIENCIES, LeniencyUse } from '../scim/leniency.js';
import { compileFilter } from './filter-sql.js';
import type { Script } from './script.js';
import { isQuick, type Search } from './search.js';

// oxlint-disable-next-line require-yield -- a judge that has nothing to ask
function* holds(): Script<boolean> {
  return true;
}

// An index over displayName alone.
function searchFor(text: string): Search {
  const leniencies = new LeniencyUse(ENTRA_LENIENCIES);
  const filter = bindFilter(parseFilter(text, leniencies), groupType.schema, leniencies);
  const condition = compileFilter(filter, {
    indexed: (path) => (path === 'displayName' ? { key: 1, isCut: false } : undefined),
    custom: () => undefined,
  });
  return { kind: 1, condition, matches: holds, order: undefined, offset: 0, count: 10, deadline: 0 };
}

describe('a search beside requests', () => {
  it.each(['displayName eq "a"', 'displayName sw "a"', 'not (displayName eq "a")'])(
    'answers %s',
    (filter) => {
      expect(isQuick(searchFor(filter))).toBe(true);
    },
  );

  it.each([
    ['looks at every value', 'displayName co "a"'],
    ['looks at every value', 'displayName eq "a" or displayName ew "b"'],
    ['looks at every value', 'not (displayName co "a")'],
    ['has no index', 'externalId eq "a"'],
    ['has no index for a part', 'displayName eq "a" and externalId eq "b"'],
  ])('leaves to another thread what %s: %s', (_why, filter) => {
    expect(isQuick(searchFor(filter))).toBe(false);
  });
});
