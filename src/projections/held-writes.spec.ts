import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../event-store/errors.js';
import { HeldWrites } from './held-writes.js';
import { ReadModelBehind } from './read-model-behind.js';

/** A read model whose progress the test decides. */
class Progress {
  position = '';
  #waiting: {
    readonly position: string;
    readonly resolve: () => void;
    readonly reject: (e: Error) => void;
  }[] = [];

  readonly reached = (_unit: string, position: string): Promise<void> =>
    position <= this.position
      ? Promise.resolve()
      : new Promise((resolve, reject) => this.#waiting.push({ position, resolve, reject }));

  advance(position: string): void {
    this.position = position;
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.position <= position) waiting.resolve();
      else this.#waiting.push(waiting);
    }
  }

  giveUp(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new ReadModelBehind('too slow'));
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('held writes', () => {
  it('are answered when they can be read', async () => {
    const progress = new Progress();
    const writes = new HeldWrites(progress.reached, { unit: 'directory' });
    let isAnswered = false;

    const answer = writes.readable('5').then(() => (isAnswered = true));
    await settled();
    expect(isAnswered).toBe(false);
    expect(writes.held).toBe(1);
    progress.advance('5');
    await answer;

    expect(writes.held).toBe(0);
    expect(() => writes.check()).not.toThrow();
  });

  it('are answered when that takes too long, and new ones are refused until the last can be read', async () => {
    const progress = new Progress();
    const writes = new HeldWrites(progress.reached, { unit: 'directory' });

    const answers = [writes.readable('5'), writes.readable('7')];
    progress.giveUp();
    await Promise.all(answers);

    expect(writes.timeouts).toBe(2);
    expect(() => writes.check()).toThrow(StoreUnavailable);
    progress.advance('6');
    await settled();
    expect(writes.isOpen).toBe(false);
    progress.advance('7');
    while (!writes.isOpen) await settled();
    expect(() => writes.check()).not.toThrow();
    writes.close();
  });

  it('stand whatever becomes of the wait', async () => {
    const writes = new HeldWrites(() => Promise.reject(new Error('no connection')), { unit: 'directory' });

    await writes.readable('1');

    expect(writes.isOpen).toBe(true);
  });
});
