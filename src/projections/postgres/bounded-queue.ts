/** Between one who brings and one who takes: holds a bounded weight, so that neither runs away from the other. */
export class BoundedQueue<T> {
  #items: T[] = [];
  #weight = 0;
  #wakeTaker: (() => void) | undefined;
  #wakeBringer: (() => void) | undefined;
  #ended: { readonly error?: unknown } | undefined;

  constructor(
    private readonly maxWeight: number,
    private readonly weightOf: (item: T) => number,
  ) {}

  /** Resolves when there is room for more; at once after the end, when nothing is kept any more. */
  async put(item: T): Promise<void> {
    if (this.#ended) return;
    this.#items.push(item);
    this.#weight += this.weightOf(item);
    this.#wakeTaker?.();
    if (this.#weight < this.maxWeight) return;
    await new Promise<void>((resolve) => (this.#wakeBringer = resolve));
  }

  /**
   * Everything that is there, at most `max` items; waits for the first one. Undefined after the end.
   * @throws what `end` was given, once everything before it has been taken
   */
  async take(max: number): Promise<readonly T[] | undefined> {
    while (this.#items.length === 0) {
      if (this.#ended?.error !== undefined) throw this.#ended.error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
      this.#wakeTaker = undefined;
    }
    const taken = this.#items.splice(0, max);
    for (const item of taken) this.#weight -= this.weightOf(item);
    this.#wakeBringer?.();
    this.#wakeBringer = undefined;
    return taken;
  }

  /** Nothing comes any more, because of `error` or as it should be. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? {} : { error };
    this.#wakeTaker?.();
    this.#wakeBringer?.();
  }

  /** Ends at once: what is there is not wanted any more. */
  discard(): void {
    this.#items = [];
    this.#weight = 0;
    this.end();
  }
}
