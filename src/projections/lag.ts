import type { EventStore } from '../event-store/event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';

export interface Lag {
  /** Events of the log that are not applied yet; `MOST_COUNTED` stands for that many or more. */
  readonly events: number;
  /** Age of the oldest of them. */
  readonly seconds: number;
}

export const MOST_COUNTED = 1000;

/** How far a projection that has applied the log up to a position is behind it. */
export async function lagOf(
  store: Pick<EventStore, 'readAll'>,
  position: string | undefined,
  now = Date.now(),
): Promise<Lag> {
  let events = 0;
  let seconds = 0;
  for await (const { stream, metadata } of store.readAll(position === undefined ? {} : { after: position })) {
    // No projection reads claims.
    if (stream.includes(CLAIM_MARK)) continue;
    const { occurredAt } = metadata;
    if (events === 0 && typeof occurredAt === 'string') {
      seconds = Math.max(0, (now - Date.parse(occurredAt)) / 1000);
    }
    events += 1;
    if (events === MOST_COUNTED) break;
  }
  return { events, seconds };
}
