// Everything in one process: the log in its data directory or in memory, and read models in step with it.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { EventLog } from '../event-store/event-log.js';
import type { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { WalThread } from '../event-store/sqlite/wal-thread.js';
import type { KeyStore } from '../keys/key-store.js';
import { Projections } from '../projections/projections.js';
import type { Ledger } from './ledger.js';
import { openLocalLog } from './local-log.js';
import { registerSecretKey } from './secret-key-event.js';

/** The open state of a process that keeps everything itself. */
export interface EmbeddedLedger extends Ledger {
  readonly store: SqliteEventStore;
  readonly keys: KeyStore;
  readonly readModels: Projections;
}

/** @throws as `openLocalLog` */
export async function openEmbeddedLedger(config: Config, logger: Logger): Promise<EmbeddedLedger> {
  const local = await openLocalLog(config);
  const { lock, store, keys, codec, files } = local;
  try {
    const log = new EventLog(store, codec);
    if (store.headSync() === undefined) await registerSecretKey(log, keys);
    const inFiles = config.readModel === 'sqlite';
    const readModels = await Projections.open({
      store,
      codec,
      folder: inFiles ? join(config.dataDir, 'read-model') : undefined,
      log: inFiles ? files : undefined,
      logger,
    });
    const walThread = files && followWals(store, files.logPath, readModels);
    const close = async (): Promise<void> => {
      await walThread?.close();
      await readModels.close();
      await local.close();
    };
    return {
      lock,
      store,
      health: store,
      commits: store,
      keys,
      log,
      readModels,
      heldWrites: undefined,
      close,
    };
  } catch (error) {
    await local.close();
    throw error;
  }
}

function followWals(store: SqliteEventStore, logPath: string, projections: Projections): WalThread {
  const thread = new WalThread(() => [logPath, ...projections.files()]);
  store.onCommitted(() => thread.wrote());
  return thread;
}
