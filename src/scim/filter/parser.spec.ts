import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENTRA_LENIENCIES, LeniencyUse, STRICT } from '../leniency.js';
import { ScimError } from '../messages/scim-error.js';
import type { Compare, CompareOperator, Filter, Present } from './ast.js';
import { MAX_FILTER_TERMS, parseBracketed, parseFilter } from './parser.js';
import { printFilter } from './print.js';

const parse = (text: string): Filter => parseFilter(text, new LeniencyUse(STRICT));
const leniently = (text: string): Filter => parseFilter(text, new LeniencyUse(ENTRA_LENIENCIES));
const pr = (attribute: string): Filter => ({ type: 'present', attribute });

describe('parseFilter', () => {
  it.each<[string, Filter]>([
    ['userName eq "a"', { type: 'compare', attribute: 'userName', op: 'eq', value: 'a' }],
    ['[FIL-02] userName EQ "a"'.slice(9), { type: 'compare', attribute: 'userName', op: 'eq', value: 'a' }],
    ['title pr', pr('title')],
    ['title PR', pr('title')],
    ['active eq true', { type: 'compare', attribute: 'active', op: 'eq', value: true }],
    ['active ne false', { type: 'compare', attribute: 'active', op: 'ne', value: false }],
    ['title eq null', { type: 'compare', attribute: 'title', op: 'eq', value: null }],
    ['a gt -1.5e2', { type: 'compare', attribute: 'a', op: 'gt', value: -150 }],
    ['a eq "\\"\\\\\\u0041/"', { type: 'compare', attribute: 'a', op: 'eq', value: '"\\A/' }],
    ['a eq "O\'Malley"', { type: 'compare', attribute: 'a', op: 'eq', value: "O'Malley" }],
    ['members.$ref pr', pr('members.$ref')],
    [
      'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName pr',
      pr('urn:ietf:params:scim:schemas:core:2.0:User:name.familyName'),
    ],
    [
      '[FIL-04] a pr or b pr and c pr'.slice(9),
      { type: 'or', terms: [pr('a'), { type: 'and', terms: [pr('b'), pr('c')] }] },
    ],
    ['(a pr or b pr) and c pr', { type: 'and', terms: [{ type: 'or', terms: [pr('a'), pr('b')] }, pr('c')] }],
    ['a pr and b pr AND c pr', { type: 'and', terms: [pr('a'), pr('b'), pr('c')] }],
    ['[FIL-05] not (a pr)'.slice(9), { type: 'not', term: pr('a') }],
    ['NOT(a pr)', { type: 'not', term: pr('a') }],
    ['((a pr))', pr('a')],
    ['  a   pr  ', pr('a')],
    ['emails[type pr]', { type: 'valuePath', attribute: 'emails', filter: pr('type') }],
    [
      'emails[type pr or not (value pr)]',
      {
        type: 'valuePath',
        attribute: 'emails',
        filter: { type: 'or', terms: [pr('type'), { type: 'not', term: pr('value') }] },
      },
    ],
  ])('[FIL-01] [FIL-13] reads %s', (text, filter) => {
    expect(parse(text)).toEqual(filter);
  });

  it.each<[string, RegExp]>([
    ['', /offset 0: expected an attribute name/u],
    ['   ', /offset 3/u],
    ['userName', /offset 8: expected one of the operators/u],
    ['userName xx "a"', /found 'xx'/u],
    ['userName eq', /offset 11: expected a value.*found the end/u],
    ['userName eq bob', /expected a value.*'bob'/u],
    ["userName eq 'bob'", /double quotes/u],
    ['userName eq "bob', /offset 12: the string has no closing/u],
    ['userName eq "a"x', /offset 15/u],
    ['userName eq "a""b"', /offset 15/u],
    ['userName eq "\\x"', /JSON string/u],
    ['userName eq "\\u0000"', /U\+0000/u],
    ['userName eq "\\ud800"', /well-formed/u],
    ['userName eq True', /'True'/u],
    ['userName eq 1e999', /double/u],
    ['userName eq 01', /'01'/u],
    ['[FIL-05] not userName pr'.slice(9), /offset 4: expected \(/u],
    ['userName pr garbage', /offset 12: expected and, or/u],
    ['userName pr and', /offset 15/u],
    ['and userName pr', /operators/u],
    ['(userName pr', /expected \)/u],
    ['userName pr)', /offset 11/u],
    ['emails[type pr', /expected \]/u],
    ['emails[]', /offset 7/u],
    ['emails [type pr]', /offset 7/u],
    ['emails[a[b pr]]', /offset 8: \[ \] cannot stand inside/u],
    ['emails[type pr].value eq "a"', /offset 15: the comparison belongs inside/u],
    ['emails[type pr]value', /offset 15/u],
    ['"userName" eq "a"', /offset 0/u],
    ['user name eq "a"', /offset 5/u],
    ['1a pr', /offset 0/u],
    ['a..b pr', /offset 0/u],
    ['a.b.c pr', /offset 0/u],
  ])('[FIL-07] [FIL-17] [FIL-19] [FIL-23] refuses %j and says where', (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(expect.objectContaining({ scimType: 'invalidFilter', status: 400 }));
  });

  it('[FIL-07] takes bare words from Entra and records that', () => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(
      parseFilter('id eq 7d0e0c2f-9d2e and meta.created gt 2015-01-01T00:00:00-07:00', leniencies),
    ).toEqual({
      type: 'and',
      terms: [
        { type: 'compare', attribute: 'id', op: 'eq', value: '7d0e0c2f-9d2e' },
        { type: 'compare', attribute: 'meta.created', op: 'gt', value: '2015-01-01T00:00:00-07:00' },
      ],
    });
    expect([...leniencies.used]).toEqual(['bareWordInFilter']);
    expect(() => leniently("userName eq 'bob'")).toThrow(/double quotes/u);
  });

  it('[FIL-14] takes a comparison after the bracket from Entra and records that', () => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(parseFilter('emails[type eq "work"].value eq "x" and a pr', leniencies)).toEqual({
      type: 'and',
      terms: [
        {
          type: 'valuePath',
          attribute: 'emails',
          filter: { type: 'compare', attribute: 'type', op: 'eq', value: 'work' },
          comparison: { type: 'compare', attribute: 'value', op: 'eq', value: 'x' },
        },
        pr('a'),
      ],
    });
    expect([...leniencies.used]).toEqual(['valuePathSubAttributeInFilter']);
  });

  it.each<[string, string, RegExp]>([
    ['depth', `${'('.repeat(33)}a pr${')'.repeat(33)}`, /limit of 32 levels/u],
    ['depth, for thousands of parentheses', '('.repeat(4000), /limit of 32 levels/u],
    ['depth, for thousands of nots', 'not ('.repeat(800), /limit of 32 levels/u],
    ['length', `${'('.repeat(5000)}a pr${')'.repeat(5000)}`, /limit of 4096 characters/u],
    ['terms', Array.from({ length: MAX_FILTER_TERMS + 1 }, () => 'a pr').join(' or '), /limit of 200/u],
  ])('[FIL-06] [SEC-10] names the limit of %s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('[FIL-06] accepts a filter at the limits', () => {
    expect(parse(`${'('.repeat(32)}a pr${')'.repeat(32)}`)).toEqual(pr('a'));
    expect(() => parse(Array.from({ length: MAX_FILTER_TERMS }, () => 'a pr').join(' or '))).not.toThrow();
  });

  it('[FIL-23] throws nothing but ScimError, whatever the text', () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        'userName',
        'emails',
        ' ',
        ' eq ',
        ' and ',
        ' or ',
        'not ',
        '(',
        ')',
        '[',
        ']',
        '"',
        '\\',
        '.value',
        '"a"',
        'null',
        '1',
        "'",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        for (const leniencies of [STRICT, ENTRA_LENIENCIES]) {
          try {
            parseFilter(fragments.join(''), new LeniencyUse(leniencies));
          } catch (error) {
            expect(error).toBeInstanceOf(ScimError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseBracketed', () => {
  it('gives the filter and where it ends', () => {
    const text = 'emails[value eq "]"].type';

    expect(parseBracketed(text, 7, new LeniencyUse(STRICT))).toEqual({
      filter: { type: 'compare', attribute: 'value', op: 'eq', value: ']' },
      end: 20,
    });
  });
});

describe('printFilter', () => {
  it('gives text that parses to the same filter', () => {
    fc.assert(
      fc.property(filters(), (filter) => {
        expect(leniently(printFilter(filter))).toEqual(filter);
      }),
    );
  });

  it('writes the smallest set of parentheses that keeps the meaning', () => {
    expect(printFilter(parse('(a pr and b pr) or not(c pr) or (d pr)'))).toBe(
      'a pr and b pr or not (c pr) or d pr',
    );
    expect(printFilter(parse('(a pr or b pr) and (c pr and d pr)'))).toBe(
      '(a pr or b pr) and (c pr and d pr)',
    );
  });
});

function filters(): fc.Arbitrary<Filter> {
  const name = fc.constantFrom('userName', 'name.familyName', 'members.$ref', 'urn:example:x:2.0:User:level');
  const sub = fc.constantFrom('value', 'type', '$ref');
  const op = fc.constantFrom<CompareOperator>('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\u0000'));
  const number = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((value) => (value === 0 ? 0 : value));
  const value = fc.oneof(text, number, fc.boolean(), fc.constant(null));
  const compare = (attribute: fc.Arbitrary<string>): fc.Arbitrary<Compare> =>
    fc.record({ type: fc.constant('compare' as const), attribute, op, value });
  const present = (attribute: fc.Arbitrary<string>): fc.Arbitrary<Present> =>
    fc.record({ type: fc.constant('present' as const), attribute });
  const logical = (leaf: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> =>
    fc.letrec<{ tree: Filter }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({
          type: fc.constantFrom('and' as const, 'or' as const),
          terms: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        }),
        fc.record({ type: fc.constant('not' as const), term: tie('tree') }),
      ),
    })).tree;
  const inner = logical(fc.oneof(compare(sub), present(sub)));
  const valuePath = fc.record(
    {
      type: fc.constant('valuePath' as const),
      attribute: name,
      filter: inner,
      comparison: fc.oneof(compare(sub), present(sub)),
    },
    { requiredKeys: ['type', 'attribute', 'filter'] },
  );
  return logical(fc.oneof(compare(name), present(name), valuePath));
}
