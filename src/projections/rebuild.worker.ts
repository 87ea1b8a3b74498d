// Fills a new generation beside the live one, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { applyNearlyAll, eventsOf } from './fill-generation.js';
import { Generation } from './generation.js';
import { LogAhead } from './log-ahead.js';
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
const ahead = new LogAhead(work.log);
const log = openLogReadOnly(work.log);
const generation = Generation.create(unitNamed(work.unit), work.number, work.path, { isBulkLoad: true });
let eventsDone = 0;
let reportedAt = 0;

function report(events: number): void {
  eventsDone += events;
  const now = Date.now();
  if (now - reportedAt < REPORT_EVERY_MS) return;
  reportedAt = now;
  parentPort?.postMessage({ type: 'progress', eventsDone } satisfies RebuildMessage);
}

try {
  await applyNearlyAll(generation, ahead, report);
  // Its memory is given back before the indexes are sorted.
  await ahead.close();
  generation.finishBulkLoad();
  await applyNearlyAll(generation, eventsOf(log.source, log.codec), report);
} finally {
  await ahead.close();
  generation.close();
  log.close();
}
