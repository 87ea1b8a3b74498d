// Reads and opens the log in a thread of its own, ahead of the thread that applies its events: half of a rebuild's work
// is decrypting.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { BULK_BATCH, type EventBatch, type EventSource } from './fill-generation.js';
import { workerFile } from '../event-store/sqlite/worker-file.js';
import { type LogLocation } from './worker-log.js';

/** A page of the log, empty at its end. */
export interface AheadPage {
  /** The events as JSON in UTF-8, end to end; handed over, not copied, and outside both heaps until read. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each event ends. */
  readonly ends: readonly number[];
}

export type AheadCommand = 'next' | 'close';

/** Pages asked for before they are needed: about a batch, so that neither thread waits for the other. */

const PAGES_AHEAD = 10;

/** A batch ends with the page that passes this: what is made of it is kept in memory until it is committed. */
const BATCH_BYTES = 2 * 1024 * 1024;

/** Memory of the reading thread's heap: it holds one page. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 };

export class LogAhead implements EventSource {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #read: AheadPage[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #error: Error | undefined;

  constructor(log: LogLocation) {
    this.#worker = new Worker(workerFile(import.meta.url, 'log-ahead.worker'), {
      workerData: log,
      resourceLimits: LIMITS,
    });
    this.#exited = once(this.#worker, 'exit').catch(() => undefined);
    this.#worker.on('message', (page: AheadPage) => {
      this.#read.push(page);
      this.#waiting?.resolve();
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
      this.#waiting?.reject(error);
    });
    for (let page = 0; page < PAGES_AHEAD; page++) this.#tell('next');
  }

  /**
   * The next batch from the log's beginning on: it is read once, in order, wherever the reader's checkpoint is.
   * @throws EventUnreadable, KeyMissing, or why else the log cannot be read
   */
  async next(): Promise<EventBatch> {
    const pages: AheadPage[] = [];
    let count = 0;
    let bytes = 0;
    while (count < BULK_BATCH && bytes < BATCH_BYTES) {
      const page = await this.#nextPage();
      if (page.ends.length === 0) break;
      pages.push(page);
      count += page.ends.length;
      bytes += page.bytes.length;
    }
    return { count, events: eventsOn(pages) };
  }

  async #nextPage(): Promise<AheadPage> {
    let page = this.#read.shift();
    while (page === undefined) {
      if (this.#error) throw this.#error;
      this.#waiting = Promise.withResolvers<void>();
      await this.#waiting.promise;
      page = this.#read.shift();
    }
    this.#tell('next');
    return page;
  }

  /** Ends the thread; may be called again. */
  async close(): Promise<void> {
    this.#tell('close');
    await this.#exited;
  }

  #tell(command: AheadCommand): void {
    this.#worker.postMessage(command);
  }
}

function* eventsOn(pages: readonly AheadPage[]): Generator<LedgerEvent> {
  for (const { bytes, ends } of pages) {
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (const end of ends) {
      // Written by the other thread from a LedgerEvent.
      yield JSON.parse(json.toString('utf8', start, end)) as LedgerEvent;
      start = end;
    }
  }
}
