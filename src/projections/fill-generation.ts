import { setImmediate } from 'node:timers/promises';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { Generation } from './generation.js';

/**
 * Events applied in one transaction and read at once: a long read would hold back the log's checkpointing, and events
 * that add hundreds of members each have to fit into a worker's memory.
 */
const BATCH = 250;

/** The same in a bulk load, whose writer makes fewer statements of a larger batch. */
export const BULK_BATCH = 1000;

const NEARLY_ALL = 20;

/** The part of the log that filling a generation needs. */
export interface LogSource {
  readAllSync(after: string | undefined, limit: number, except?: string): readonly StoredEvent[];
}

/** Opened events, in the log's order. */
export interface EventBatch {
  readonly count: number;
  /** Read once. */
  readonly events: Iterable<LedgerEvent>;
}

/** Where a generation that is filled has its events from. */
export interface EventSource {
  /** What the log has after a position, none of it claims; few or none near the log's end. */
  next(after: string | undefined): EventBatch | Promise<EventBatch>;
}

/** Applies what the log has after the generation's checkpoint, one batch. No projection reads claims. Returns the number of events applied. */
export function applyNext(generation: Generation, source: LogSource, codec: EventCodec): number {
  const { count, events } = openedAfter(source, codec, generation.checkpoint?.position, BATCH);
  if (count > 0) generation.applyBatch(events);
  return count;
}

/** Applies everything up to the log's end, at once. */
export function catchUp(generation: Generation, source: LogSource, codec: EventCodec): void {
  while (applyNext(generation, source, codec) > 0);
}

/** Events that this thread reads and opens itself. */
export function eventsOf(source: LogSource, codec: EventCodec): EventSource {
  return { next: (after) => openedAfter(source, codec, after, BULK_BATCH) };
}

/**
 * Applies events until the log's end is near, giving way to other work between batches. Under constant writing there
 * is no end to wait for: whoever puts the generation to use applies the rest.
 * @param onApplied is told the number of events in each batch
 */
export async function applyNearlyAll(
  generation: Generation,
  source: EventSource,
  onApplied: (events: number) => void,
): Promise<void> {
  for (;;) {
    const { count, events } = await source.next(generation.checkpoint?.position);
    if (count > 0) generation.applyBatch(events);
    onApplied(count);
    if (count < NEARLY_ALL) return;
    await setImmediate();
  }
}

/**
 * Fills an empty generation to nearly the log's end and completes it, in this thread.
 * @param onProgress is told the number of events applied so far
 */
export async function fillGeneration(
  generation: Generation,
  source: LogSource,
  codec: EventCodec,
  onProgress: (eventsDone: number) => void,
): Promise<void> {
  let done = 0;
  const onApplied = (events: number): void => onProgress((done += events));
  await applyNearlyAll(generation, eventsOf(source, codec), onApplied);
  generation.finishBulkLoad();
  await applyNearlyAll(generation, eventsOf(source, codec), onApplied);
}

function openedAfter(
  source: LogSource,
  codec: EventCodec,
  after: string | undefined,
  limit: number,
): EventBatch {
  const page = source.readAllSync(after, limit, CLAIM_MARK);
  // One at a time: what was applied can be collected before the next is opened.
  return { count: page.length, events: codec.openAll(page) };
}
