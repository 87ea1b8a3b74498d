// Follows the log with one unit's live generation, in a thread of its own.
import { constants, setPriority } from 'node:os';
import { setImmediate } from 'node:timers/promises';
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

/** To the worker: the log has grown; or stop. */
export type FollowCommand = { readonly type: 'wake' } | { readonly type: 'stop' };

/** From the worker. */
export type FollowMessage =
  | { readonly type: 'checkpoint'; readonly position: string | undefined }
  | { readonly type: 'stopped'; readonly reason: string };

// Requests go first, what follows them can wait. Elsewhere than on Linux it would concern the whole process.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

// Given by the owner in this shape.
const work = workerData as FollowWork;
const unit = unitNamed(work.unit);
const log = openLogReadOnly(work.log);
const generation = reopen(work.number, work.path);

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
let isFollowing = false;
let isStopping = false;

// Gives way after each batch: under constant writing the log has no end at which a message would be heard.
async function follow(): Promise<void> {
  if (isFollowing || isStopping) return;
  isFollowing = true;
  clearTimeout(retry);
  try {
    while (applyNext(generation, log.source, log.codec) > 0) {
      report();
      await setImmediate();
      if (isStopping) break;
    }
    report();
  } catch (error) {
    tell({ type: 'stopped', reason: error instanceof Error ? error.message : String(error) });
    // A full disk or a busy file passes; an event that cannot be applied does not.
    if (!(error instanceof ProjectionStopped) || isPassing(error.cause)) {
      retry = setTimeout(() => void follow(), RETRY_AFTER_MS);
    }
  }
  isFollowing = false;
  if (isStopping) stop();
}

function stop(): void {
  isStopping = true;
  if (isFollowing) return;
  clearTimeout(retry);
  generation.close();
  log.close();
  parentPort?.close();
}

function isPassing(cause: unknown): boolean {
  const code = (cause as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_');
}

function report(): void {
  tell({ type: 'checkpoint', position: generation.checkpoint?.position });
}

parentPort?.on('message', (command: FollowCommand) => {
  if (command.type === 'stop') stop();
  else void follow();
});
void follow();
