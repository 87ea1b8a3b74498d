import { setImmediate } from 'node:timers/promises';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { Generation } from './generation.js';

/**
 * Events applied in one transaction and read at once: a long read would hold back the log's checkpointing, and events
 * that add hundreds of members each have to fit into a worker's memory.
 */
const BATCH = 250;

/** The same in a bulk load, whose writer turns a larger batch into fewer statements. */
const BULK_BATCH = 2000;

const NEARLY_ALL = 20;

/** The part of the log that filling a generation needs. */
export interface LogSource {
  readAllSync(after: string | undefined, limit: number, except?: string): readonly StoredEvent[];
}

/** Applies what the log has after the generation's checkpoint, one batch. No projection reads claims. Returns the number of events applied. */
export function applyNext(
  generation: Generation,
  source: LogSource,
  codec: EventCodec,
  limit = BATCH,
): number {
  const page = source.readAllSync(generation.checkpoint?.position, limit, CLAIM_MARK);
  if (page.length > 0) generation.applyBatch(page.map((event) => codec.open(event)));
  return page.length;
}

/** Applies everything up to the log's end, at once. */
export function catchUp(generation: Generation, source: LogSource, codec: EventCodec): void {
  while (applyNext(generation, source, codec) > 0);
}

/**
 * Fills a generation from its checkpoint to nearly the log's end and completes it, giving way to other work between
 * batches. Under constant writing there is no end to wait for: whoever puts the generation to use applies the rest.
 * @param onProgress is told the number of events applied so far
 */
export async function fillGeneration(
  generation: Generation,
  source: LogSource,
  codec: EventCodec,
  onProgress: (eventsDone: number) => void,
): Promise<void> {
  let done = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      const applied = applyNext(generation, source, codec, BULK_BATCH);
      done += applied;
      onProgress(done);
      if (applied < NEARLY_ALL) return;
      await setImmediate();
    }
  };
  await fill();
  generation.finishBulkLoad();
  await fill();
}
