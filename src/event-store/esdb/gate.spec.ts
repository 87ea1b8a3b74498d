import { describe, expect, it } from '@jest/globals';
import { Gate } from './gate.js';

const LONG = 60_000;

describe('Gate', () => {
  it('lets in as many as leave, in the order in which they came', async () => {
    const gate = new Gate(2);
    const entered: number[] = [];
    const all = [1, 2, 3, 4].map(async (one) => {
      await gate.enter(LONG);
      entered.push(one);
    });
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual([1, 2]);

    gate.leave();
    await all[2];
    expect(entered).toEqual([1, 2, 3]);
    gate.leave();
    await all[3];
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('sends away who has waited too long, and keeps no place for them', async () => {
    const gate = new Gate(1);
    await gate.enter(LONG);

    expect(await gate.enter(1)).toBe(false);

    gate.leave();
    expect(await gate.enter(1)).toBe(true);
  });
});
