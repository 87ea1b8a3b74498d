import { describe, expect, it } from '@jest/globals';
import { BoundedQueue } from './bounded-queue.js';

const queue = (max = 10) => new BoundedQueue<number>(max, (item) => item);

describe('a bounded queue', () => {
  it('gives everything that is there, in order, but no more than wanted', async () => {
    const numbers = queue();
    await numbers.put(1);
    await numbers.put(2);
    await numbers.put(3);

    expect(await numbers.take(2)).toEqual([1, 2]);
    expect(await numbers.take(2)).toEqual([3]);
  });

  it('lets the taker wait for the first item', async () => {
    const numbers = queue();
    const taken = numbers.take(5);

    await numbers.put(7);

    expect(await taken).toEqual([7]);
  });

  it('lets the bringer wait while it is full', async () => {
    const numbers = queue(3);
    let hasRoom = false;
    const put = numbers.put(4).then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);

    await numbers.take(1);
    await put;

    expect(hasRoom).toBe(true);
  });

  it('gives what was there before its end, and then nothing', async () => {
    const numbers = queue();
    await numbers.put(1);
    numbers.end();

    expect(await numbers.take(5)).toEqual([1]);
    expect(await numbers.take(5)).toBeUndefined();
  });

  it('throws why it ended, after what was there before', async () => {
    const numbers = queue();
    await numbers.put(1);
    numbers.end(new Error('broken'));

    expect(await numbers.take(5)).toEqual([1]);
    await expect(numbers.take(5)).rejects.toThrow('broken');
  });

  it('keeps nothing when it is discarded, and holds nobody up', async () => {
    const numbers = queue(1);
    const full = numbers.put(5);
    numbers.discard();

    await full;
    await numbers.put(6);
    expect(await numbers.take(5)).toBeUndefined();
  });
});
