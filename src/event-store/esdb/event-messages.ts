// Between the port's events and what the client takes and gives.
import type { JSONEventData, RecordedEvent } from '@eventstore/db-client';
import { AppendTooLarge } from '../errors.js';
import type { EventEnvelope, StoredEvent } from '../event-store.js';
import { canonicalJson, isJsonObject, type JsonObject, parseJsonObject } from '../json.js';
import { isKnown, positionOf } from './position.js';

/** The server refuses more than this in one append; it counts data, metadata, and types in UTF-16. */
const APPEND_LIMIT_BYTES = 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const utf8 = new TextEncoder();

/** What the server's own events are called, as the mark of a deleted stream is, which stands in that stream. */
const SYSTEM_TYPE = '$';

/** An append as the client sends it. */
export interface Messages {
  readonly events: JSONEventData[];
  /** As the server counts it. */
  readonly sizeBytes: number;
}

/**
 * The events as the client sends them. What arrives is canonical JSON: metadata as the very bytes (as a `Uint8Array`,
 * since the client would print a `Buffer`'s bytes as JSON), data as an object whose members are in canonical order.
 *
 * @throws TypeError when an id is no lower-case UUID or the data is no JSON; AppendTooLarge
 */
export function toMessages(stream: string, events: readonly EventEnvelope[]): Messages {
  let sizeBytes = 0;
  const messages = events.map((event): JSONEventData => {
    const { id, type } = event;
    if (!UUID.test(id)) throw new TypeError(`"${id}" is not a lower-case UUID`);
    const dataJson = event.dataJson ?? canonicalJson(event.data);
    const metadata = utf8.encode(event.metadataJson ?? canonicalJson(event.metadata));
    sizeBytes += Buffer.byteLength(dataJson) + metadata.length + 2 * type.length;
    return { id, type, contentType: 'application/json', data: parseJsonObject(dataJson), metadata };
  });
  if (sizeBytes >= APPEND_LIMIT_BYTES) throw new AppendTooLarge(stream, sizeBytes, APPEND_LIMIT_BYTES);
  return { events: messages, sizeBytes };
}

/** Whether the server wrote it for its own purposes. */
export function isSystemEvent({ type }: RecordedEvent): boolean {
  return type.startsWith(SYSTEM_TYPE);
}

/** @throws TypeError when it is no JSON, or the server is too old to tell where it stands */
export function toStoredEvent(recorded: RecordedEvent): StoredEvent {
  const { id, type, streamId: stream, position } = recorded;
  const revision = Number(recorded.revision);
  if (!isKnown(position)) {
    throw new TypeError(`Event ${id} came without a position: EventStoreDB 22.6 or later is needed`);
  }
  const data = jsonObjectOf(recorded.data);
  const metadata = recorded.metadata === undefined ? {} : jsonObjectOf(recorded.metadata);
  if (data === undefined || metadata === undefined) {
    throw new TypeError(`Event ${id} (${stream}@${revision}) is not JSON`);
  }
  return { id, type, data, metadata, stream, revision, position: positionOf(position) };
}

// the client has parsed what is JSON, and hands out bytes or text otherwise
function jsonObjectOf(value: unknown): JsonObject | undefined {
  return value instanceof Uint8Array || !isJsonObject(value) ? undefined : value;
}
