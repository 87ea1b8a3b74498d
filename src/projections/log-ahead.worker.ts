// Reads and opens the log's events from its beginning on, a batch for each message that asks for one.
import { parentPort, workerData } from 'node:worker_threads';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { AheadCommand, AheadPage } from './log-ahead.js';
import { openLogReadOnly, type LogLocation } from './worker-log.js';

// Given by the owner in this shape.
const log = openLogReadOnly(workerData as LogLocation);

/** Small: what is read of a page is collected before it is worth copying to the old generation. */
const PAGE = 200;

let after: string | undefined;

function nextPage(): AheadPage {
  const page = log.source.readAllSync(after, PAGE, CLAIM_MARK);
  after = page.at(-1)?.position ?? after;
  return Array.from(log.codec.openAll(page), (event) => JSON.stringify(event));
}

parentPort?.on('message', (command: AheadCommand) => {
  if (command === 'next') parentPort?.postMessage(nextPage());
  else {
    log.close();
    parentPort?.close();
  }
});
