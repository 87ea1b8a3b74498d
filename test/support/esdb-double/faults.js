// What goes wrong next. The handlers ask here before they answer.
export class Faults {
  /** {host, port} of the leader while this node is none. */
  leader = undefined;
  /** What is not answered at all, though connections stand. */
  mute = { appends: false, reads: false };
  #swallowed = [];
  #wrongRevisions = 0;
  #delays = [];
  #held = undefined;

  /** The next appends are not answered; `stored` says whether they happen. */
  swallow({ count = 1, stored = true }) {
    for (let left = count; left > 0; left -= 1) this.#swallowed.push({ stored });
  }

  /** The next appends are answered late, though stored at once. */
  delay({ count = 1, ms }) {
    for (let left = count; left > 0; left -= 1) this.#delays.push(ms);
  }

  /** The next appends are refused as if the stream were elsewhere. */
  wrongRevision({ count = 1 }) {
    this.#wrongRevisions += count;
  }

  /** Appends wait before they happen, until they are released. */
  hold() {
    this.#held ??= Promise.withResolvers();
  }

  release() {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Nothing goes wrong any more. */
  heal() {
    this.release();
    this.leader = undefined;
    this.mute = { appends: false, reads: false };
    this.#swallowed = [];
    this.#wrongRevisions = 0;
    this.#delays = [];
  }

  /** What becomes of the append at hand. */
  async nextAppend() {
    await this.#held?.promise;
    const swallowed = this.#swallowed.shift();
    const isWrong = swallowed === undefined && this.#wrongRevisions > 0;
    if (isWrong) this.#wrongRevisions -= 1;
    return {
      isStored: swallowed?.stored ?? !isWrong,
      isAnswered: swallowed === undefined,
      isWrong,
      delayMs: swallowed === undefined ? (this.#delays.shift() ?? 0) : 0,
    };
  }
}
