// A small ledger in files, written without a server, for what carries ledgers about.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { readConfig, type Config } from '../../src/config/config.js';
import { EventCodec } from '../../src/event-store/envelope/event-codec.js';
import { EventLog } from '../../src/event-store/event-log.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { openKeyStore } from '../../src/keys/key-store.js';
import { loadSecretKey } from '../../src/keys/secret-key.js';
import { registerSecretKey } from '../../src/ledger/secret-key-event.js';

export interface WrittenLedger {
  readonly config: Config;
  /** The users' keys, in order. */
  readonly keyIds: readonly number[];
}

export const configOf = (dataDir: string, env: Readonly<Record<string, string>> = {}): Config =>
  readConfig({ DATA_DIR: dataDir, EVENT_STORE: 'sqlite', ...env });

/** What the display name of a user was, and what it became. */
export const namesOf = (user: number): readonly [string, string] => [
  `Ada\u2028 ${user}`,
  `Ada Lovelace ${user} — "née" Byron`,
];

export const userStream = (user: number): string =>
  `scim.acme.user-00000000-0000-4000-8000-${String(user).padStart(12, '0')}`;

/**
 * Users that come first, and whose second events take turns.
 * @param note said in the second events
 */
export async function writeLedger(dataDir: string, users = 5, note = ''): Promise<WrittenLedger> {
  const secretKey = loadSecretKey({ dataDir, logIsEmpty: true });
  const store = new SqliteEventStore({ path: join(dataDir, 'log.sqlite') });
  const keys = openKeyStore({ path: join(dataDir, 'keys.sqlite'), secretKey, poolSize: 16 });
  const log = new EventLog(store, new EventCodec(keys));
  const keyIds: number[] = [];
  try {
    await registerSecretKey(log, keys);
    keys.tenantKey('acme');
    const tips: string[] = [];
    for (let user = 0; user < users; user += 1) {
      keyIds.push(keys.takeUserKey().keyId);
      tips.push(await append(log, user, keyIds[user]!, -1, ''));
    }
    for (let user = 0; user < users; user += 1) await append(log, user, keyIds[user]!, 0, tips[user]!, note);
  } finally {
    await store.close();
    keys.close();
  }
  return { config: configOf(dataDir), keyIds };
}

async function append(
  log: EventLog,
  user: number,
  keyId: number,
  revision: number,
  tipHash: string,
  note = '',
) {
  const commandId = randomUUID();
  const [before, after] = namesOf(user);
  const change = {
    type: 'UserAttributesChanged',
    data: { changes: [{ path: 'displayName', before, after: after + note }] },
  };
  const creation = { type: 'UserProvisioned', data: { attributes: { displayName: before } } };
  const { type, data } = revision < 0 ? creation : change;
  const { events } = await log.append(
    [
      {
        stream: userStream(user),
        revision,
        tipHash,
        keyId,
        events: [{ type, schemaVersion: 1, data, clear: { paths: ['displayName'] } }],
      },
    ],
    {
      commandId,
      correlationId: commandId,
      tenant: 'acme',
      actor: { kind: 'token', id: 't1', label: 'Entra' },
      occurredAt: '2026-11-21T12:00:00.000Z',
    },
  );
  return events[0]!.metadata.hash;
}
