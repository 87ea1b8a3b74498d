import { describe, expect, it } from '@jest/globals';
import type { Json } from './json.js';
import { ScimError } from './messages/scim-error.js';
import { assertSafeJson } from './safe-json.js';

describe('assertSafeJson', () => {
  it('accepts a body at the limit of depth', () => {
    expect(() => assertSafeJson(nested(32))).not.toThrow();
  });

  it('refuses a body beyond the limit of depth and names the limit', () => {
    expect(() => assertSafeJson(nested(33))).toThrow(/limit of 32 levels/u);
  });

  it('refuses very deep bodies without exhausting the stack', () => {
    expect(() => assertSafeJson(nested(200_000))).toThrow(ScimError);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s at any depth', (key) => {
    const body = JSON.parse(`{"a":[{"b":{"${key}":{"polluted":true}}}]}`) as Json;

    expect(() => assertSafeJson(body)).toThrow(expect.objectContaining({ scimType: 'invalidSyntax' }));
  });
});

function nested(depth: number): Json {
  let value: Json = [];
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
