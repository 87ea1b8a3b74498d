/**
 * Runs work one at a time for each key, in order of arrival. Commands on one stream queue here, so that in one
 * process they never meet as revision conflicts.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` once every earlier holder of any of `keys` is done. Keys are taken in sorted order: no deadlock. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first] = keys;
    if (first === undefined) return work();
    if (keys.length === 1) return this.#runOne(first, work);
    const [key = first, ...rest] = [...new Set(keys)].toSorted();
    return this.#runOne(key, () => this.run(rest, work));
  }

  async #runOne<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: tail, resolve: release } = Promise.withResolvers<void>();
    this.#tails.set(key, tail);
    try {
      if (before) await before;
      return await work();
    } finally {
      release();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
