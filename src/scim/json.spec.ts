import { describe, expect, it } from '@jest/globals';
import { deepEqual, type Json } from './json.js';

describe('deepEqual', () => {
  it('[ATT-23] takes objects with the same members in another order as equal', () => {
    expect(deepEqual({ a: 1, b: [true, null] }, { b: [true, null], a: 1 })).toBe(true);
  });

  it.each<[Json | undefined, Json | undefined]>([
    [1, '1'],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1, b: null }, { a: 1 }],
    [null, undefined],
    [null, {}],
  ])('tells %j from %j', (a, b) => {
    expect(deepEqual(a, b)).toBe(false);
  });
});
