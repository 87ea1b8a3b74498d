import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { EventLog } from '../event-store/event-log.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { openKeyStore, type KeyStore } from '../keys/key-store.js';
import { LogAhead } from './log-ahead.js';

const secretKey = randomBytes(32);
let folder: string;
let store: SqliteEventStore;
let keys: KeyStore;
let log: EventLog;
let ahead: LogAhead | undefined;

const location = () => ({
  logPath: join(folder, 'log.sqlite'),
  keysPath: join(folder, 'keys.sqlite'),
  secretKey,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-ahead-'));
  store = new SqliteEventStore({ path: location().logPath });
  keys = openKeyStore({ path: location().keysPath, secretKey, mustExist: false });
  log = new EventLog(store, new EventCodec(keys));
});

afterEach(async () => {
  await ahead?.close();
  ahead = undefined;
  await store.close();
  keys.close();
  rmSync(folder, { recursive: true });
});

async function append(number: number): Promise<readonly LedgerEvent[]> {
  const commandId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const data = { attributes: { userName: `Žofia ${number}` } };
  const { events } = await log.append(
    [
      {
        stream: `scim.acme.user-${number}`,
        revision: -1,
        tipHash: '',
        keyId: keys.takeUserKey().keyId,
        events: [{ type: 'UserProvisioned', schemaVersion: 1, data, clear: { paths: ['userName'] } }],
      },
      {
        stream: `scim.acme.claim-${number}`,
        revision: -1,
        tipHash: '',
        events: [{ type: 'NameClaimed', schemaVersion: 1, data: { ownerId: String(number) } }],
      },
    ],
    {
      commandId,
      correlationId: commandId,
      tenant: 'acme',
      actor: { kind: 'token', id: 't', label: 'Entra' },
      request: { id: commandId, method: 'POST', path: '/Users', ip: '203.0.113.7' },
      occurredAt: '2026-01-02T03:04:05.678Z',
    },
  );
  return events;
}

async function readAll(source: LogAhead): Promise<readonly LedgerEvent[]> {
  const all: LedgerEvent[] = [];
  for (;;) {
    const { count, events } = await source.next();
    if (count === 0) return all;
    all.push(...events);
  }
}

describe('a log that is read ahead', () => {
  it('comes opened, in order and without claims, over many pages', async () => {
    const written: LedgerEvent[] = [];
    for (let number = 0; number < 250; number++) written.push(...(await append(number)));

    ahead = new LogAhead(location());

    expect(await readAll(ahead)).toEqual(written.filter(({ type }) => type === 'UserProvisioned'));
  });

  it('has nothing to say of an empty log', async () => {
    ahead = new LogAhead(location());

    expect(await readAll(ahead)).toEqual([]);
  });

  it('says why it cannot be read', async () => {
    await append(1);
    const elsewhere = new LogAhead({ ...location(), keysPath: join(folder, 'none.sqlite') });

    await expect(elsewhere.next()).rejects.toThrow('none.sqlite');

    await elsewhere.close();
  });

  it('says which event does not open', async () => {
    await append(1);
    keys.close();
    rmSync(location().keysPath);
    keys = openKeyStore({ path: location().keysPath, secretKey, mustExist: false });
    ahead = new LogAhead(location());

    await expect(ahead.next()).rejects.toThrow();
  });
});
