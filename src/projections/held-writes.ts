import { StoreUnavailable } from '../event-store/errors.js';
import type { WriteGate } from '../event-store/write-gate.js';
import { ReadModelBehind } from './read-model-behind.js';

/** Resolves once a unit has applied the event at a position. @throws ReadModelBehind when it has not in time */
export type Reached = (unit: string, position: string, timeoutMs: number) => Promise<void>;

export interface HeldWritesOptions {
  readonly unit: string;
  /** How long an answer is held, in ms. */
  readonly holdMs?: number;
  /** How long a look takes, while writes are refused, in ms. */
  readonly lookMs?: number;
}

/**
 * Holds the answer to a write until it can be read, from any process: a client creates, then looks up at once. When
 * that takes too long nobody makes read models, or they are too slow: the write stands and is answered, and new ones
 * are refused until what was written last can be read. Reads go on.
 */
export class HeldWrites implements WriteGate {
  readonly #reached: Reached;
  readonly #unit: string;
  readonly #holdMs: number;
  readonly #lookMs: number;
  #waitsFor: string | undefined;
  #isClosed = false;
  #held = 0;
  #timeouts = 0;

  constructor(reached: Reached, { unit, holdMs = 3000, lookMs = 1000 }: HeldWritesOptions) {
    this.#reached = reached;
    this.#unit = unit;
    this.#holdMs = holdMs;
    this.#lookMs = lookMs;
  }

  /** Answers that are being held. */
  get held(): number {
    return this.#held;
  }

  /** Answers that were held in vain since the start. */
  get timeouts(): number {
    return this.#timeouts;
  }

  get isOpen(): boolean {
    return this.#waitsFor === undefined;
  }

  check(): void {
    if (this.isOpen) return;
    throw new StoreUnavailable('The read models are too far behind the log to write more');
  }

  async readable(position: string): Promise<void> {
    this.#held += 1;
    try {
      await this.#reached(this.#unit, position, this.#holdMs);
    } catch (error) {
      // The write stands whatever became of the wait.
      if (!(error instanceof ReadModelBehind)) return;
      this.#timeouts += 1;
      this.#refuseUntil(position);
    } finally {
      this.#held -= 1;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  #refuseUntil(position: string): void {
    const isWaiting = this.#waitsFor !== undefined;
    if (this.#waitsFor === undefined || this.#waitsFor < position) this.#waitsFor = position;
    if (!isWaiting) void this.#look();
  }

  async #look(): Promise<void> {
    while (!this.#isClosed && this.#waitsFor !== undefined) {
      const position = this.#waitsFor;
      try {
        await this.#reached(this.#unit, position, this.#lookMs);
        if (this.#waitsFor === position) this.#waitsFor = undefined;
      } catch {
        // Looked again.
      }
    }
  }
}
