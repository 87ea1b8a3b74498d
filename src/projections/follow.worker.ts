// Follows the log with one unit's live generation, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { applyNext } from './fill-generation.js';
import { Generation, ProjectionStopped } from './generation.js';
import { unitNamed } from './units.js';
import { openLogReadOnly, type LogLocation } from './worker-log.js';

export interface FollowWork {
  readonly unit: string;
  readonly number: number;
  readonly path: string;
  readonly log: LogLocation;
}

/** To the worker: the log has grown; or another generation is live; or stop. */
export type FollowCommand =
  | { readonly type: 'wake' }
  | { readonly type: 'switch'; readonly number: number; readonly path: string }
  | { readonly type: 'stop' };

/** From the worker. */
export type FollowMessage =
  | { readonly type: 'checkpoint'; readonly position: string | undefined; readonly number: number }
  | { readonly type: 'stopped'; readonly reason: string };

// Given by the owner in this shape.
const work = workerData as FollowWork;
const unit = unitNamed(work.unit);
const log = openLogReadOnly(work.log);
let generation = reopen(work.number, work.path);

function reopen(number: number, path: string): Generation {
  const opened = Generation.open(unit, number, path);
  if (!opened) throw new Error(`generation ${number} of ${unit.name} cannot be opened`);
  return opened;
}

function tell(message: FollowMessage): void {
  parentPort?.postMessage(message);
}

const RETRY_AFTER_MS = 1000;
let retry: NodeJS.Timeout | undefined;

function follow(): void {
  clearTimeout(retry);
  try {
    while (applyNext(generation, log.source, log.codec) > 0) report();
    report();
  } catch (error) {
    tell({ type: 'stopped', reason: error instanceof Error ? error.message : String(error) });
    // A full disk or a busy file passes; an event that cannot be applied does not.
    if (!(error instanceof ProjectionStopped) || isPassing(error.cause))
      retry = setTimeout(follow, RETRY_AFTER_MS);
  }
}

function isPassing(cause: unknown): boolean {
  const code = (cause as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_');
}

function report(): void {
  tell({ type: 'checkpoint', position: generation.checkpoint?.position, number: generation.number });
}

parentPort?.on('message', (command: FollowCommand) => {
  switch (command.type) {
    case 'wake':
      return follow();
    case 'switch':
      generation.close();
      generation = reopen(command.number, command.path);
      return follow();
    case 'stop':
      clearTimeout(retry);
      generation.close();
      log.close();
      return parentPort?.close();
    default:
      return command satisfies never;
  }
});
follow();
