import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attribute } from './attribute.js';
import { parseDateTime } from './date-time.js';
import { comparableKey, compareCodePoints, fold } from './fold.js';

describe('fold', () => {
  it('[ATT-19] maps case and composes, so that ÄNNA finds änna', () => {
    expect(fold('ÄNNA')).toBe(fold('änna'));
    expect(fold('A\u0308NNA')).toBe(fold('änna'));
  });

  it('folds a prefix as it folds inside its word', () => {
    expect(fold('ΟΔΟΣ')).toBe(fold('οδοσ'));
    expect(fold('ΟΔΟΣΑ').startsWith(fold('ΟΔΟΣ'))).toBe(true);
  });

  it('is idempotent', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fold(fold(text)) === fold(text)));
  });
});

describe('compareCodePoints', () => {
  it('[SRT-04] orders as UTF-8 bytes do, astral characters last', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(
          Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
    );
    expect(compareCodePoints('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
  });
});

describe('comparableKey', () => {
  it('[FIL-03] folds strings unless they are caseExact', () => {
    expect(comparableKey(attribute('a'), 'ABC')).toBe('abc');
    expect(comparableKey(attribute('a', { caseExact: true }), 'ABC')).toBe('ABC');
    expect(comparableKey(attribute('a', { type: 'reference' }), 'ABC')).toBe('ABC');
  });

  it('writes booleans as words', () => {
    expect(comparableKey(attribute('a', { type: 'boolean' }), true)).toBe('true');
  });

  it('orders numbers as numbers', () => {
    const definition = attribute('a', { type: 'decimal' });
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const [left, right] = [comparableKey(definition, a), comparableKey(definition, b)];
        expect(left).toHaveLength(16);
        expect(Math.sign(compareCodePoints(left, right))).toBe(a === b ? 0 : Math.sign(a - b));
      }),
    );
  });

  it('[FIL-09] orders instants in time, whatever their zone', () => {
    const key = (text: string): string => comparableKey(attribute('a', { type: 'dateTime' }), text);

    expect(key('2026-01-01T00:00:00+02:00')).toBe('2025-12-31T22:00:00.000000000Z');
    expect(key('2026-01-01T00:00:00.5')).toBe('2026-01-01T00:00:00.500000000Z');
    expect(key('2026-01-01T00:00:00.123456789987Z')).toBe('2026-01-01T00:00:00.123456789Z');
  });
});

describe('parseDateTime', () => {
  it.each([
    '2026-01-01',
    '2026-01-01 00:00:00Z',
    '2026-1-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T24:00:01Z',
    '2026-01-01T00:00:00+15:00',
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    'now',
    '',
  ])('[ATT-05] refuses %j', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  it.each([
    ['2026-01-01T24:00:00Z', '2026-01-02T00:00:00'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00'],
    ['2024-02-29T23:30:00-05:30', '2024-03-01T05:00:00'],
    ['2026-01-01T00:00:00', '2026-01-01T00:00:00'],
  ])('[ATT-05] reads %s as %s UTC', (text, seconds) => {
    expect(parseDateTime(text)?.seconds).toBe(seconds);
  });
});
