// Where an export reads from: the store that the settings name, beside whatever processes use it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, isServer, type Config } from '../config/config.js';
import { StoreMisconfigured, StoreUnavailable } from '../event-store/errors.js';
import type { EventStore, Position, StoredEvent } from '../event-store/event-store.js';
import type { SqliteEventReader } from '../event-store/sqlite/event-reader.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { registeredFingerprint } from '../ledger/secret-key-event.js';
import { TransferRefused } from './errors.js';

export interface LogSource {
  /** Of the secret key that the log was written with. */
  readonly keyFingerprint: string;
  /** How many events there are, where that is cheap to know. */
  readonly count: number | undefined;
  /** All events there were when the reading began, in the order of the log. */
  events(): AsyncIterable<StoredEvent>;
  close(): Promise<void>;
}

/** @throws ConfigError when the store cannot be reached; TransferRefused when it holds no ledger */
export async function openLogSource(config: Config): Promise<LogSource> {
  return isServer(config.eventStore) ? openServer(config) : openFile(config);
}

async function openFile({ dataDir, eventStore }: Config): Promise<LogSource> {
  if (eventStore !== 'sqlite') throw notInMemory();
  const path = join(dataDir, 'log.sqlite');
  if (!existsSync(path)) {
    throw new TransferRefused(`${dataDir} holds no ledger: set DATA_DIR to that of the server.`);
  }
  const reader = SqliteEventStore.openReadOnly(path);
  try {
    return {
      keyFingerprint: await fingerprintOf(reader, dataDir),
      count: reader.countSync(),
      events: () => eventsOf(reader),
      close: async () => reader.close(),
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}

const PAGE = 1000;

async function* eventsOf(reader: SqliteEventReader): AsyncGenerator<StoredEvent> {
  const head = reader.headSync() ?? '';
  let after: Position | undefined;
  for (;;) {
    const page = reader.readAllSync(after, PAGE);
    after = page.at(-1)?.position;
    for (const event of page) {
      if (event.position > head) return;
      yield event;
    }
    if (after === undefined) return;
  }
}

async function openServer(config: Config): Promise<LogSource> {
  const store = await openServerStore(config);
  try {
    return {
      keyFingerprint: await fingerprintOf(store, 'EVENT_STORE'),
      count: undefined,
      events: () => store.readAll(),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws ConfigError when it cannot be reached or used */
export async function openServerStore({ eventStore }: Config): Promise<EventStore> {
  // Loaded only here: most commands need no such client.
  const { openEsdbEventStore } = await import('../event-store/esdb/esdb-event-store.js');
  try {
    return await openEsdbEventStore(eventStore);
  } catch (error) {
    if (!(error instanceof StoreMisconfigured || error instanceof StoreUnavailable)) throw error;
    const { message } = error;
    throw new ConfigError(message.startsWith('EVENT_STORE') ? message : `EVENT_STORE: ${message}`, {
      cause: error,
    });
  }
}

export function notInMemory(): ConfigError {
  return new ConfigError(
    "EVENT_STORE: given 'memory'; accepted here: sqlite, or an esdb:// connection string. What is in memory is its process's alone",
  );
}

async function fingerprintOf(store: Pick<EventStore, 'readStream'>, name: string): Promise<string> {
  const fingerprint = await registeredFingerprint(store);
  if (fingerprint === undefined) throw new TransferRefused(`${name} holds no ledger: its log is empty.`);
  return fingerprint;
}
