import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startRebuild } from './rebuild-progress.js';

describe("a rebuild's progress", () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('knows no rate and no end at first', () => {
    expect(startRebuild(1000).toJSON()).toEqual({
      state: 'running',
      startedAt: '2026-01-01T00:00:00.000Z',
      eventsDone: 0,
      eventsTotal: 1000,
      eventsPerSecond: 0,
      etaSeconds: undefined,
      error: undefined,
    });
  });

  it('tells the rate and the seconds to go', () => {
    const progress = startRebuild(1000);
    jest.advanceTimersByTime(2000);
    progress.report(200);

    expect(progress).toMatchObject({ eventsPerSecond: 100, etaSeconds: 8 });
  });

  it('has no time to go when more was done than there was at the start', () => {
    const progress = startRebuild(100);
    jest.advanceTimersByTime(1000);
    progress.report(150);

    expect(progress.etaSeconds).toBe(0);
  });

  it('stands still once it is done', () => {
    const progress = startRebuild(1000);
    jest.advanceTimersByTime(1000);
    progress.finish();
    jest.advanceTimersByTime(9000);

    expect(progress).toMatchObject({ state: 'done', eventsDone: 1000, eventsPerSecond: 1000, etaSeconds: 0 });
  });

  it.each([
    ['disk full', new Error('disk full')],
    ['no space', 'no space'],
  ])('says why it failed: %s', (error, failure) => {
    const progress = startRebuild(1000);
    progress.fail(failure);

    expect(progress.toJSON()).toMatchObject({ state: 'failed', error, etaSeconds: 0 });
  });
});
