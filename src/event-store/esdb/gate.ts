import { within } from './timing.js';

/** Lets so many through at once; the others wait in line. */
export class Gate {
  readonly #limit: number;
  readonly #line = new Set<() => void>();
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns whether it was let in before the time was over; then it must leave */
  async enter(waitMs: number): Promise<boolean> {
    if (this.#inside < this.#limit) {
      this.#inside += 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<'in'>();
    const letIn = () => resolve('in');
    this.#line.add(letIn);
    if ((await within(waitMs, promise)) === 'in') return true;
    // no longer in line: it was let in at the last moment
    return !this.#line.delete(letIn);
  }

  leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#inside -= 1;
      return;
    }
    this.#line.delete(next);
    next();
  }
}
