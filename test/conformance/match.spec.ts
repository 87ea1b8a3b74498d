import { describe, expect, it } from '@jest/globals';

import { mismatches } from './match.js';

describe('what a recording states', () => {
  it.each([
    ['a subset of an object', { a: 1, b: 2 }, { a: 1 }],
    ['arrays element by element', { a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }],
    ['$contains in any order', [1, { a: 2, b: 3 }], { $contains: [{ a: 2 }, 1] }],
    ['$not for another value', 'x', { $not: 'y' }],
    ['$type for a value of the type', 'x', { $type: 'string' }],
    ['$pattern', 'W/"0"', { $pattern: '^W/' }],
    ['a member that happens to begin with $', { $ref: 'u' }, { $ref: 'u' }],
  ])('matches %s', (_, actual, expected) => {
    expect(mismatches(actual, expected, 'body')).toEqual([]);
  });

  it.each([
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, 'body.a.b is 1 instead of 2'],
    ['a missing member', {}, { a: 1 }, 'body.a is absent instead of 1'],
    ['a longer array', [1, 2], [1], 'body has 2 elements instead of 1: [1,2]'],
    ['no array', 'x', ['x'], 'body is "x" instead of an array'],
    ['what $contains lacks', [1], { $contains: [2] }, 'body lacks 2'],
    ['what $not forbids', 'x', { $not: 'x' }, 'body is "x"'],
    ['an empty string for a $type', '', { $type: 'string' }, 'body is no string: ""'],
    ['what $pattern misses', 'x', { $pattern: '^y' }, 'body does not match ^y: "x"'],
  ])('tells of %s', (_, actual, expected, difference) => {
    expect(mismatches(actual, expected, 'body')).toEqual([difference]);
  });
});
