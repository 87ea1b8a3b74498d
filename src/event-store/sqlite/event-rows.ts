// The shape of a row and its way to and from an event.
import type { EventEnvelope, StoredEvent } from '../event-store.js';
import { canonicalJson, parseJsonObject } from '../json.js';
import { positionOf } from './position.js';

/** position, stream name, revision, id, type, data, metadata: as raw rows, which are cheaper than objects. */
export type EventRow = readonly [number, string, number, Buffer, string, string, string];

export const EVENT_COLUMNS = 'e.position, s.name, e.revision, e.id, e.type, e.data, e.metadata';

/** An envelope made ready before the transaction, so that nothing but SQLite can fail inside it. */
export interface PreparedEvent {
  readonly envelope: EventEnvelope;
  readonly id: Buffer;
  readonly dataJson: string;
  readonly metadataJson: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @throws TypeError when the id is no lower-case UUID or the data is no JSON */
export function prepareEvent(envelope: EventEnvelope): PreparedEvent {
  if (!UUID.test(envelope.id)) throw new TypeError(`"${envelope.id}" is not a lower-case UUID`);
  return {
    envelope,
    id: Buffer.from(envelope.id.replaceAll('-', ''), 'hex'),
    dataJson: envelope.dataJson ?? canonicalJson(envelope.data),
    metadataJson: envelope.metadataJson ?? canonicalJson(envelope.metadata),
  };
}

export function eventOf(row: EventRow): StoredEvent {
  return {
    id: uuidOf(row[3]),
    type: row[4],
    data: parseJsonObject(row[5]),
    metadata: parseJsonObject(row[6]),
    stream: row[1],
    revision: row[2],
    position: positionOf(row[0]),
  };
}

/** The event as it stands after the insert, without reading it back. */
export function storedEvent(
  { envelope }: PreparedEvent,
  stream: string,
  revision: number,
  row: number,
): StoredEvent {
  return {
    id: envelope.id,
    type: envelope.type,
    data: envelope.data,
    metadata: envelope.metadata,
    stream,
    revision,
    position: positionOf(row),
    source: envelope.source,
  };
}

function uuidOf(id: Buffer): string {
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
