import { describe, expect, it } from '@jest/globals';
import { upcast, type Upcasters } from './upcasters.js';

const upcasters: Upcasters = {
  Renamed: [({ name, ...rest }) => ({ ...rest, after: name ?? '' }), (data) => ({ ...data, kind: 'user' })],
};

describe('upcasting', () => {
  it('brings data from its version to the newest, step by step', () => {
    expect(upcast('Renamed', 1, { name: 'a' }, upcasters)).toEqual({ after: 'a', kind: 'user' });
    expect(upcast('Renamed', 2, { after: 'a' }, upcasters)).toEqual({ after: 'a', kind: 'user' });
  });

  it('leaves data of the newest version, and of types without upcasters, as they are', () => {
    const data = { after: 'a' };

    expect(upcast('Renamed', 3, data, upcasters)).toBe(data);
    expect(upcast('Other', 1, data, upcasters)).toBe(data);
    expect(upcast('toString', 1, data, upcasters)).toBe(data);
  });
});
