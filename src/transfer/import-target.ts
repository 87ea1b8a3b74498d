// Where an import writes to. Opened in steps: nothing is made before the file has proven whole.
import { join } from 'node:path';
import { isServer, type Config } from '../config/config.js';
import type { EventStore } from '../event-store/event-store.js';
import { acquireDataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { openServerStore } from './log-source.js';

/** How much is given to the store before its answer is waited for. */
export interface ImportWindow {
  /** Appends that the store takes together, and in their order. */
  readonly appends: number;
  readonly events: number;
  readonly bytes: number;
}

export interface ImportTarget {
  /** As the setting is called. */
  readonly name: string;
  readonly window: ImportWindow;
  /** The store takes no event of this size or more, as EventStoreDB counts it. */
  readonly eventLimitBytes: number;
  openStore(): Promise<EventStore>;
  close(): Promise<void>;
}

// One append at a time: a server may order those on their way at once as it likes, and the order of the log is part of
// what is imported. Events that follow each other in one stream go together.
const ONE_APPEND: ImportWindow = { appends: 1, events: 500, bytes: 512 * 1024 };
// The embedded log commits a window in one transaction, in the order in which its appends were made.
const ONE_TRANSACTION: ImportWindow = { appends: 2000, events: 4000, bytes: 8 * 1024 * 1024 };
const SERVER_LIMIT_BYTES = 1024 * 1024;

/** @throws DataDirInUse when another process has the data directory; ConfigError when a server cannot be reached */
export async function openImportTarget(config: Config): Promise<ImportTarget> {
  if (!isServer(config.eventStore)) return openDataDir(config.dataDir);
  const store = await openServerStore(config);
  return {
    name: 'EVENT_STORE',
    window: ONE_APPEND,
    eventLimitBytes: SERVER_LIMIT_BYTES,
    openStore: async () => store,
    close: () => store.close(),
  };
}

function openDataDir(dataDir: string): ImportTarget {
  const lock = acquireDataDirLock(dataDir);
  let store: EventStore | undefined;
  return {
    name: dataDir,
    window: ONE_TRANSACTION,
    eventLimitBytes: Infinity,
    openStore: async () => {
      const groupCommit = { maxTurns: 1, maxAppends: ONE_TRANSACTION.appends };
      store = new SqliteEventStore({ path: join(dataDir, 'log.sqlite'), groupCommit });
      return store;
    },
    close: async () => {
      await store?.close();
      lock.release();
    },
  };
}
