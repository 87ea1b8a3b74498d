// Reads and opens the log's events from its beginning on, a batch for each message that asks for one.
import { parentPort, workerData } from 'node:worker_threads';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { AheadCommand, AheadPage } from './log-ahead.js';
import { openLogReadOnly, type LogLocation } from './worker-log.js';

// Given by the owner in this shape.
const log = openLogReadOnly(workerData as LogLocation);

/** Small: what is read of a page is collected before it is worth copying to the old generation. */
const PAGE = 100;

let after: string | undefined;

function nextPage(): AheadPage {
  const page = log.source.readAllSync(after, PAGE, CLAIM_MARK);
  after = page.at(-1)?.position ?? after;
  const ends: number[] = [];
  const texts: string[] = [];
  let end = 0;
  for (const event of log.codec.openAll(page)) {
    const text = JSON.stringify(event);
    texts.push(text);
    ends.push((end += Buffer.byteLength(text)));
  }
  const bytes = new Uint8Array(end);
  const json = Buffer.from(bytes.buffer);
  for (const [index, text] of texts.entries()) json.write(text, ends[index - 1] ?? 0, 'utf8');
  return { bytes, ends };
}

parentPort?.on('message', (command: AheadCommand) => {
  if (command === 'next') {
    const page = nextPage();
    parentPort?.postMessage(page, [page.bytes.buffer]);
  } else {
    log.close();
    parentPort?.close();
  }
});
