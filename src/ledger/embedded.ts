// Everything in one data directory, or in memory: the directory's lock, log, keys and read models, opened in that order.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ConfigError, type Config } from '../config/config.js';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { EventLog } from '../event-store/event-log.js';
import { acquireDataDirLock, type DataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { WalThread } from '../event-store/sqlite/wal-thread.js';
import { openKeyStore, type KeyStore } from '../keys/key-store.js';
import { loadSecretKey } from '../keys/secret-key.js';
import { Projections } from '../projections/projections.js';
import type { Ledger } from './ledger.js';
import { registeredFingerprint, registerSecretKey } from './secret-key-event.js';

/** The open state of a process that keeps everything itself. */
export interface EmbeddedLedger extends Ledger {
  readonly store: SqliteEventStore;
  readonly keys: KeyStore;
  readonly readModels: Projections;
}

/**
 * @throws DataDirInUse when another process owns the data directory
 * @throws SecretKeyError when the secret key is missing or not the one the log was written with
 */
export async function openEmbeddedLedger(config: Config, logger: Logger): Promise<EmbeddedLedger> {
  const isInMemory = config.eventStore === 'memory' && config.readModel === 'memory';
  if (!isInMemory) makeDataDir(config.dataDir);
  const lock = isInMemory ? undefined : acquireDataDirLock(config.dataDir);
  try {
    return await openLocked(config, logger, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError(`DATA_DIR: given '${dataDir}'; accepted: a folder that can be made and written`, {
      cause: error,
    });
  }
}

async function openLocked(
  config: Config,
  logger: Logger,
  lock: DataDirLock | undefined,
): Promise<EmbeddedLedger> {
  const isFile = config.eventStore === 'sqlite';
  const logPath = isFile ? join(config.dataDir, 'log.sqlite') : ':memory:';
  const keysPath = isFile ? join(config.dataDir, 'keys.sqlite') : ':memory:';
  const store = openStore(config, logPath);
  try {
    const { keys, secretKey } = await openKeys(config, store, isFile, keysPath);
    const codec = new EventCodec(keys);
    const log = new EventLog(store, codec);
    if (store.headSync() === undefined) await registerSecretKey(log, keys);
    const readModels = await Projections.open({
      store,
      codec,
      folder: config.readModel === 'sqlite' ? join(config.dataDir, 'read-model') : undefined,
      log: isFile && config.readModel === 'sqlite' ? { logPath, keysPath, secretKey } : undefined,
      logger,
    });
    const walThread = isFile ? followWals(store, logPath, readModels) : undefined;
    const close = async (): Promise<void> => {
      await walThread?.close();
      await readModels.close();
      await store.close();
      keys.close();
      lock?.release();
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
    await store.close();
    throw error;
  }
}

function followWals(store: SqliteEventStore, logPath: string, projections: Projections): WalThread {
  const thread = new WalThread(() => [logPath, ...projections.files()]);
  store.onCommitted(() => thread.wrote());
  return thread;
}

function openStore({ dataDir, groupCommit }: Config, path: string): SqliteEventStore {
  try {
    return new SqliteEventStore({
      path,
      ...(groupCommit ? {} : { groupCommit: { maxTurns: 0, maxAppends: 1 } }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`DATA_DIR: given '${dataDir}'; ${path} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

async function openKeys(config: Config, store: SqliteEventStore, isFile: boolean, keysPath: string) {
  const logIsEmpty = store.headSync() === undefined;
  const secretKey = loadSecretKey({
    dataDir: isFile ? config.dataDir : undefined,
    fromEnvironment: config.secretKey,
    logIsEmpty,
    expectedFingerprint: await registeredFingerprint(store),
  });
  return { keys: openKeyStore({ path: keysPath, secretKey, mustExist: !logIsEmpty }), secretKey };
}
