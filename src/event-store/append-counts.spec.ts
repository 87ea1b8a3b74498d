import { describe, expect, it } from '@jest/globals';
import { AppendCounts, OTHER_TENANTS } from './append-counts.js';

describe('counts of appends', () => {
  it('are kept by tenant', () => {
    const counts = new AppendCounts();

    counts.appended('acme', 2);
    counts.appended('acme', 1);
    counts.conflicted('other');

    expect([...counts.events]).toEqual([['acme', 3]]);
    expect([...counts.conflicts]).toEqual([['other', 1]]);
  });

  it('stay few however many tenants there are', () => {
    const counts = new AppendCounts();

    for (let tenant = 0; tenant < 1000; tenant += 1) counts.appended(`t${tenant}`, 1);

    expect(counts.events.size).toBe(201);
    expect(counts.events.get(OTHER_TENANTS)).toBe(800);
  });
});
