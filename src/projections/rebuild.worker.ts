// Fills a new generation beside the live one, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { fillGeneration } from './fill-generation.js';
import { Generation } from './generation.js';
import { unitNamed } from './units.js';
import { openLogReadOnly, type LogLocation } from './worker-log.js';

export interface RebuildWork {
  readonly unit: string;
  readonly number: number;
  readonly path: string;
  readonly log: LogLocation;
}

export type RebuildMessage = { readonly type: 'progress'; readonly eventsDone: number };

const REPORT_EVERY_MS = 100;

// Given by the owner in this shape.
const work = workerData as RebuildWork;
const log = openLogReadOnly(work.log);
const generation = Generation.create(unitNamed(work.unit), work.number, work.path, { isBulkLoad: true });
let reportedAt = 0;
try {
  await fillGeneration(generation, log.source, log.codec, (eventsDone) => {
    const now = Date.now();
    if (now - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = now;
    parentPort?.postMessage({ type: 'progress', eventsDone } satisfies RebuildMessage);
  });
} finally {
  generation.close();
  log.close();
}
