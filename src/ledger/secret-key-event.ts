// The log says which secret key it was written with, so that another one is never taken for it.
import { randomUUID } from 'node:crypto';
import { RevisionConflict } from '../event-store/errors.js';
import type { EventLog } from '../event-store/event-log.js';
import type { EventStore } from '../event-store/event-store.js';
import { LEDGER_TENANT, streamName } from '../event-store/stream-names.js';
import type { Keys } from '../keys/keys.js';
import { SYSTEM_ACTOR } from './ledger.js';

export const SECRET_KEY_STREAM = streamName(LEDGER_TENANT, 'key', 'secret');

/** The fingerprint of the key that the log was written with; undefined when it says none. */
export async function registeredFingerprint(
  store: Pick<EventStore, 'readStream'>,
): Promise<string | undefined> {
  for await (const { data } of store.readStream(SECRET_KEY_STREAM)) {
    const { fingerprint } = data;
    if (typeof fingerprint === 'string') return fingerprint;
  }
  return undefined;
}

/** Writes down the key of a new log. Does nothing when another process has just done so. */
export async function registerSecretKey(log: EventLog, keys: Pick<Keys, 'fingerprint'>): Promise<void> {
  const commandId = randomUUID();
  const event = { type: 'SecretKeyRegistered', schemaVersion: 1, data: { fingerprint: keys.fingerprint } };
  try {
    await log.append([{ stream: SECRET_KEY_STREAM, revision: -1, tipHash: '', events: [event] }], {
      commandId,
      correlationId: commandId,
      tenant: LEDGER_TENANT,
      actor: SYSTEM_ACTOR,
      occurredAt: new Date().toISOString(),
    });
  } catch (error) {
    if (!(error instanceof RevisionConflict)) throw error;
  }
}
