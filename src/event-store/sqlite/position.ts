// Positions are row numbers written with 16 digits, so that text order is number order.
import type { Position } from '../event-store.js';

export function positionOf(row: number): Position {
  return String(row).padStart(16, '0');
}

/** Row number of a position; 0, which is before the first event, for none. */
export function rowOf(position: Position | undefined): number {
  if (position === undefined) return 0;
  const row = Number(position);
  if (!Number.isSafeInteger(row) || row < 0)
    throw new RangeError(`"${position}" is not a position of this log`);
  return row;
}
