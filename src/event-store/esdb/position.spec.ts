import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isKnown, logPositionOf, positionOf } from './position.js';

const logPositions = fc.record({
  commit: fc.bigInt(0n, 2n ** 64n - 1n),
  prepare: fc.bigInt(0n, 2n ** 64n - 1n),
});

describe('a position', () => {
  it('says where in the log it is', () => {
    fc.assert(fc.property(logPositions, (at) => expect(logPositionOf(positionOf(at))).toEqual(at)));
  });

  it('sorts as text as the log is ordered', () => {
    fc.assert(
      fc.property(logPositions, logPositions, (one, other) => {
        const isBefore =
          one.commit === other.commit ? one.prepare < other.prepare : one.commit < other.commit;
        expect(positionOf(one) < positionOf(other)).toBe(isBefore);
      }),
    );
  });

  it.each(['', '1/1', '0000000000000001', 'x'.repeat(41)])('is not "%s"', (text) => {
    expect(() => logPositionOf(text)).toThrow(RangeError);
  });

  it('is not known where the server sends its largest number', () => {
    expect(isKnown(undefined)).toBe(false);
    expect(isKnown({ commit: 1n, prepare: 2n ** 64n - 1n })).toBe(false);
    expect(isKnown({ commit: 1n, prepare: 1n })).toBe(true);
  });
});
