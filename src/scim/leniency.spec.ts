import { describe, expect, it } from '@jest/globals';
import { ENTRA_LENIENCIES, isLeniency, LENIENCIES, LeniencyUse, STRICT } from './leniency.js';

describe('LeniencyUse', () => {
  it('records the leniencies that were asked for and are on', () => {
    const use = new LeniencyUse(ENTRA_LENIENCIES);

    expect(use.allows('dottedKeys')).toBe(true);
    expect([...use.used]).toEqual(['dottedKeys']);
  });

  it('allows and records nothing in the strict set', () => {
    const use = new LeniencyUse(STRICT);

    expect(use.allows('dottedKeys')).toBe(false);
    expect(use.used.size).toBe(0);
  });

  it('knows every leniency by name, with a reason', () => {
    expect(ENTRA_LENIENCIES.size).toBe(Object.keys(LENIENCIES).length);
    expect(Object.values(LENIENCIES).every((reason) => /Entra (?:rule|§)/u.test(reason))).toBe(true);
    expect(isLeniency('toString')).toBe(false);
  });
});
