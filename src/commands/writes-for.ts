import type { EventLog } from '../event-store/event-log.js';
import type { Claims } from './claims.js';
import type { ResourceStreams } from './resource-streams.js';
import type { ResourceWrites } from './resource-writes.js';
import { SequencedClaims } from './sequenced-claims.js';
import type { WriteTiming } from './write-timing.js';
import { AtomicWrites } from './writes-atomic.js';
import { SequencedWrites } from './writes-sequenced.js';

/** The way to write that the log's store allows. */
export function writesFor(
  log: EventLog,
  streams: ResourceStreams,
  claims: Claims,
  timing: WriteTiming,
): ResourceWrites {
  if (log.isAtomic) return new AtomicWrites(streams, claims);
  return new SequencedWrites(streams, claims, new SequencedClaims(log, claims, timing), timing);
}
