// A position is commit and prepare position of the transaction log, padded so that text order is log order.
import type { Position as LogPosition } from '@eventstore/db-client';
import type { Position } from '../event-store.js';

const DIGITS = 20;
const POSITION = /^(\d{20})\/(\d{20})$/;
/** What a server sends where it knows no position. */
const NONE = 0xffff_ffff_ffff_ffffn;

export function positionOf({ commit, prepare }: LogPosition): Position {
  return `${pad(commit)}/${pad(prepare)}`;
}

/** @throws RangeError when it is not a position of this store */
export function logPositionOf(position: Position): LogPosition {
  const [, commit, prepare] = POSITION.exec(position) ?? [];
  if (commit === undefined || prepare === undefined) {
    throw new RangeError(`"${position}" is not a position of this log`);
  }
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}

export function isKnown(position: LogPosition | undefined): position is LogPosition {
  return position !== undefined && position.commit !== NONE && position.prepare !== NONE;
}

function pad(value: bigint): string {
  return String(value).padStart(DIGITS, '0');
}
