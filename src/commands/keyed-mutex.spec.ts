import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyedMutex } from './keyed-mutex.js';

describe('the keyed mutex', () => {
  it('runs work on one key one at a time, in order of arrival', async () => {
    const { mutex, log, work } = recorded();

    await Promise.all(['a', 'b', 'c'].map((name) => mutex.run(['key'], () => work(name))));

    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('runs work on different keys at the same time', async () => {
    const { mutex, log, work } = recorded();

    await Promise.all(['a', 'b'].map((name) => mutex.run([name], () => work(name))));

    expect(log).toEqual(['a begins', 'b begins', 'a ends', 'b ends']);
  });

  it('waits for every key it was given', async () => {
    const { mutex, log, work } = recorded();

    await Promise.all([
      mutex.run(['x'], () => work('a')),
      mutex.run(['y'], () => work('b')),
      mutex.run(['y', 'x'], () => work('both')),
    ]);

    expect(log.slice(-2)).toEqual(['both begins', 'both ends']);
  });

  it('runs work without keys at once', async () => {
    const { mutex, log, work } = recorded();

    await mutex.run([], () => work('free'));

    expect(log).toEqual(['free begins', 'free ends']);
  });

  it('takes a key that is named twice once', async () => {
    await expect(new KeyedMutex().run(['x', 'x'], async () => 'done')).resolves.toBe('done');
  });

  it('goes on after work that threw, and gives the error to its caller alone', async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.run(['x', 'y'], () => Promise.reject(new Error('broken')));
    const next = mutex.run(['y', 'x'], async () => 'done');

    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
  });

  it('ends for any overlapping sets of keys, and never lets two hold one', async () => {
    const sets = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sets, fc.scheduler(), async (keySets, scheduler) => {
        const mutex = new KeyedMutex();
        const held = new Set<string>();
        const works = keySets.map((keys) =>
          mutex.run(keys, async () => {
            expect(keys.filter((key) => held.has(key))).toEqual([]);
            for (const key of keys) held.add(key);
            await scheduler.schedule(Promise.resolve());
            for (const key of keys) held.delete(key);
          }),
        );
        await scheduler.waitFor(Promise.all(works));
      }),
    );
  });
});

function recorded() {
  const log: string[] = [];
  const work = async (name: string): Promise<void> => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
  };
  return { mutex: new KeyedMutex(), log, work };
}
