// One stored sample of every event type and version that was ever published. Today's code must open each of them
// to what it meant; a sample, once written, never changes.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '../../src/event-store/envelope/command-context.js';
import { EventCodec } from '../../src/event-store/envelope/event-codec.js';
import type { LedgerEvent, NewEvent } from '../../src/event-store/envelope/ledger-event.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import { parseJsonObject } from '../../src/event-store/json.js';

const FOLDER = fileURLToPath(new URL('./golden-events/', import.meta.url));

/** The samples' one user key; it protects nobody. */
const USER_KEY = Buffer.alloc(32, 'golden');

const CONTEXT: Omit<CommandContext, 'commandId'> = {
  correlationId: 'golden-correlation',
  tenant: 'golden',
  actor: { kind: 'token', id: 'golden-token', label: 'Golden token' },
  request: {
    id: 'golden-request',
    method: 'POST',
    path: '/scim/v2/Users',
    ip: '192.0.2.1',
    userAgent: 'golden/1.0',
    correlation: { 'client-request-id': 'golden-client-request' },
  },
  occurredAt: '2026-01-02T03:04:05.678Z',
  leniencies: ['booleanAsString'],
};

export interface GoldenEvent {
  readonly stored: StoredEvent;
  /** What it means today: rewritten only by a new upcaster. */
  readonly opened: Pick<LedgerEvent, 'type' | 'data'>;
}

export const goldenCodec = new EventCodec({ userKey: () => USER_KEY });

/** As if the user had been erased since. */
export const erasedGoldenCodec = new EventCodec({ userKey: () => undefined });

export function goldenFileName(type: string, schemaVersion: number): string {
  return `${type}.v${schemaVersion}.json`;
}

/** By file name. */
export function readGoldenEvents(): ReadonlyMap<string, GoldenEvent> {
  mkdirSync(FOLDER, { recursive: true });
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return new Map(
    names.map((name) => {
      const golden: GoldenEvent = JSON.parse(readFileSync(FOLDER + name, 'utf8'));
      return [name, golden];
    }),
  );
}

/** Stores the sample of an event that is published for the first time. Throws when there is one already. */
export function writeGoldenEvent(stream: string, event: NewEvent): void {
  const context = { ...CONTEXT, commandId: randomUUID() };
  const request = { stream, firstRevision: 0, prevHash: '', events: [event], keyId: 1 };
  const envelope = goldenCodec.seal([request], context)[0]![0]!;
  const stored: StoredEvent = {
    id: envelope.id,
    type: envelope.type,
    data: parseJsonObject(envelope.dataJson!),
    metadata: parseJsonObject(envelope.metadataJson!),
    stream,
    revision: 0,
    position: '0000000000000001',
  };
  const golden: GoldenEvent = { stored, opened: { type: event.type, data: event.data } };
  const path = FOLDER + goldenFileName(event.type, event.schemaVersion);
  writeFileSync(path, `${JSON.stringify(golden, undefined, 2)}\n`, { flag: 'wx' });
}
