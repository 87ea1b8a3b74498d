import { Worker } from 'node:worker_threads';
import type { WalWork } from './wal.worker.js';
import { workerFile } from './worker-file.js';

/** How long writes are gathered, in ms: pages that are written again meanwhile are moved once. */
const GATHER_MS = 500;

/**
 * Empties the write-ahead logs of databases in a thread of its own, after writes. Whoever writes would otherwise do it
 * itself, once they are long, and keep every request waiting for as long as the disk takes.
 */
export class WalThread {
  readonly #worker: Worker;
  readonly #paths: () => WalWork;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;

  /** @param paths the databases there are now */
  constructor(paths: () => WalWork) {
    this.#paths = paths;
    this.#worker = new Worker(workerFile(import.meta.url, 'wal.worker'), {
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    this.#worker.on('message', () => this.#emptied());
    // Without the thread the writers empty their logs themselves.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
  }

  /** Something was written. */
  wrote(): void {
    this.#isDue = true;
    this.#timer ??= setTimeout(() => this.#empty(), GATHER_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#worker.terminate();
  }

  #empty(): void {
    this.#isDue = false;
    this.#worker.postMessage(this.#paths());
  }

  #emptied(): void {
    this.#timer = undefined;
    if (this.#isDue) this.wrote();
  }
}
