// Keeps one unit's read model: waits for its turn, builds what is missing, follows the log, rebuilds beside the live
// generation. One process does so at a time; the others wait to take over.
import { setTimeout as sleep } from 'node:timers/promises';
import { Tenure } from './tenure.js';
import { Term } from './term.js';
import type { UnitProjectorOptions } from './unit-projector-options.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A batch that is being applied has this long to end when the projector is closed. */
const END_WITHIN_MS = 3000;

export class UnitProjector {
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #pause = FIRST_PAUSE_MS;

  constructor(private readonly options: UnitProjectorOptions) {
    this.#done = this.#run();
  }

  /** Ends after the batch that is being applied, and gives the unit free. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the projector is being closed'));
    await this.#done;
  }

  async #run(): Promise<void> {
    const { unit, logger } = this.options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#own();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, projection: unit.name, pauseMs: this.#pause }, 'projection interrupted');
        await sleep(this.#pause, undefined, { signal }).catch(() => undefined);
        this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  async #own(): Promise<void> {
    const { unit, database, names, logger } = this.options;
    const { signal } = this.#closing;
    const tenure = await Tenure.begin(database, names, unit.name, signal);
    logger.info({ projection: unit.name }, 'projection owned');
    const closed = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => closed.reject(signal.reason), { once: true });
    const term = new Term(this.options, tenure, Promise.race([tenure.ended, closed.promise]));
    try {
      signal.throwIfAborted();
      await term.serve(() => (this.#pause = FIRST_PAUSE_MS));
    } finally {
      await Promise.race([term.stop(), tenure.lock.lost, sleep(END_WITHIN_MS, undefined, { ref: false })]);
      await tenure.end();
    }
  }
}
