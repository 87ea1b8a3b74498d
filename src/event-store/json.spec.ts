import { describe, expect, it } from '@jest/globals';
import { assert, jsonValue, property } from 'fast-check';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from './json.js';

describe('canonical JSON', () => {
  it('prints the example of RFC 8785 §3.2.2 as the RFC does', () => {
    const value: JsonObject = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000F\nA\'B"\\\\"/',
      literals: [null, true, false],
    };

    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts members by UTF-16 code units, as RFC 8785 §3.2.3 shows', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];

    const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])));

    expect(Object.keys(parseJsonObject(text))).toEqual([
      '1',
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\u{1f600}',
      '\ufb33',
    ]);
  });

  it('does not depend on the order of members, and parses back to the same value', () => {
    assert(
      property(jsonValue({ maxDepth: 4 }), (value) => {
        const json: JsonValue = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(json);

        expect(JSON.parse(text)).toEqual(json);
        expect(canonicalJson(reversed(json))).toBe(text);
      }),
    );
  });

  it('leaves out members that are undefined', () => {
    // @ts-expect-error optional members of interfaces come here as undefined
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });

  it.each([NaN, Infinity, -Infinity])('has no form for %p', (value) => {
    expect(() => canonicalJson([value])).toThrow(TypeError);
  });

  it('has no form for a lone surrogate, in a value or in a name', () => {
    expect(() => canonicalJson('\ud800')).toThrow(TypeError);
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow(TypeError);
  });

  it('has no form for what is not JSON', () => {
    // @ts-expect-error data that lost its type on the way
    expect(() => canonicalJson(() => 1)).toThrow(TypeError);
  });
});

describe('parseJsonObject', () => {
  it.each(['[]', 'null', '1', '"x"'])('refuses %s', (text) => {
    expect(() => parseJsonObject(text)).toThrow(TypeError);
  });
});

function reversed(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return Array.isArray(value) ? value.map(reversed) : value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]));
}
