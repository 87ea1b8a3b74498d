// Gathers the appends of concurrent requests, so that one fsync serves them all.

export interface GroupCommitOptions {
  /** Turns of the event loop to wait at most while further appends keep arriving. */
  readonly maxTurns: number;
  /** Appends in one transaction at most. */
  readonly maxAppends: number;
}

export const DEFAULT_GROUP_COMMIT: GroupCommitOptions = { maxTurns: 8, maxAppends: 1024 };

export class GroupCommit<T> {
  readonly #options: GroupCommitOptions;
  readonly #commit: (batch: readonly T[]) => void;
  #queue: T[] = [];
  #isScheduled = false;
  #turns = 0;
  #seen = 0;

  /** @param commit takes each batch, settles its members and does not throw */
  constructor(options: GroupCommitOptions, commit: (batch: readonly T[]) => void) {
    this.#options = options;
    this.#commit = commit;
  }

  add(item: T): void {
    this.#queue.push(item);
    if (!this.#isScheduled) this.#schedule();
  }

  /** Commits all that is queued, now. */
  flush(): void {
    while (this.#queue.length > 0) this.#commit(this.#queue.splice(0, this.#options.maxAppends));
  }

  #schedule(): void {
    this.#isScheduled = true;
    this.#turns = 0;
    this.#seen = 0;
    setImmediate(this.#turn);
  }

  // requests that are already in the socket buffers join if they reach append within the next turns
  readonly #turn = (): void => {
    const waiting = this.#queue.length;
    const isGrowing = waiting > this.#seen && waiting < this.#options.maxAppends;
    if (isGrowing && this.#turns < this.#options.maxTurns) {
      this.#turns += 1;
      this.#seen = waiting;
      setImmediate(this.#turn);
      return;
    }
    this.#isScheduled = false;
    const batch = this.#queue.splice(0, this.#options.maxAppends);
    if (this.#queue.length > 0) this.#schedule();
    if (batch.length > 0) this.#commit(batch);
  };
}
