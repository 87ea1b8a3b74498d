import { describe, expect, it } from '@jest/globals';
import { userSchema } from '../../resources/user/user.schema.js';
import { compileResourceSchema } from '../schema/resource-schema.js';
import { bindSort, compareSortKeys, sortKey } from './sort.js';

const user = compileResourceSchema({ name: 'User', core: userSchema });

describe('sortKey', () => {
  const key = (sortBy: string, resource: Parameters<typeof sortKey>[1]): string | undefined =>
    sortKey(bindSort(sortBy, user), resource);

  it('[SRT-02] uses the primary element, else the first', () => {
    const first = { value: 'First' };

    expect(key('emails.value', { emails: [first, { value: 'Second', primary: true }] })).toBe('second');
    expect(key('emails', { emails: [first, { value: 'second' }] })).toBe('first');
  });

  it('[SRT-04] follows caseExact', () => {
    expect(key('userName', { userName: 'BJ' })).toBe('bj');
    expect(key('externalId', { externalId: 'BJ' })).toBe('BJ');
  });

  it('has no key where there is no value', () => {
    expect(key('title', {})).toBeUndefined();
    expect(key('name.givenName', { name: {} })).toBeUndefined();
    expect(key('emails.value', { emails: [] })).toBeUndefined();
  });
});

describe('bindSort', () => {
  it.each(['foo', 'name', 'password', 'x509Certificates.value', ''])(
    '[SRT-01] refuses %j with invalidValue',
    (sortBy) => {
      expect(() => bindSort(sortBy, user)).toThrow(
        expect.objectContaining({ scimType: 'invalidValue', attribute: 'sortBy' }),
      );
    },
  );
});

describe('compareSortKeys', () => {
  it('[SRT-03] puts resources without the value last ascending and first descending', () => {
    const keys = ['b', undefined, 'a', undefined];

    expect([...keys].sort((a, b) => compareSortKeys(a, b, 'ascending'))).toEqual([
      'a',
      'b',
      undefined,
      undefined,
    ]);
    expect(compareSortKeys(undefined, 'a', 'descending')).toBeLessThan(0);
    expect(compareSortKeys(undefined, undefined, 'descending')).toBe(-0);
    expect(compareSortKeys('a', 'b', 'descending')).toBeGreaterThan(0);
  });
});
