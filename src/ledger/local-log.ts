// The event log and the keys of one data directory, or in memory, and the lock of the one process that owns them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Config } from '../config/config.js';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { acquireDataDirLock, type DataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { openKeyStore, type KeyStore } from '../keys/key-store.js';
import { loadSecretKey } from '../keys/secret-key.js';
import { registeredFingerprint } from './secret-key-event.js';

export interface LocalLog {
  readonly lock: DataDirLock | undefined;
  readonly store: SqliteEventStore;
  readonly keys: KeyStore;
  readonly codec: EventCodec;
  /** Where other threads find it; undefined in memory. */
  readonly files:
    { readonly logPath: string; readonly keysPath: string; readonly secretKey: Buffer } | undefined;
  close(): Promise<void>;
}

/**
 * @throws DataDirInUse when another process owns the data directory
 * @throws SecretKeyError when the secret key is missing or not the one the log was written with
 * @throws ConfigError when the data directory cannot be used
 */
export async function openLocalLog(config: Config): Promise<LocalLog> {
  const isInMemory = config.eventStore === 'memory' && config.readModel !== 'sqlite';
  if (!isInMemory) makeDataDir(config.dataDir);
  const lock = isInMemory ? undefined : acquireDataDirLock(config.dataDir);
  try {
    return await openLocked(config, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** @throws ConfigError when it cannot be made */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError(`DATA_DIR: given '${dataDir}'; accepted: a folder that can be made and written`, {
      cause: error,
    });
  }
}

async function openLocked(config: Config, lock: DataDirLock | undefined): Promise<LocalLog> {
  const isFile = config.eventStore === 'sqlite';
  const logPath = isFile ? join(config.dataDir, 'log.sqlite') : ':memory:';
  const keysPath = isFile ? join(config.dataDir, 'keys.sqlite') : ':memory:';
  const store = openStore(config, logPath);
  try {
    const { keys, secretKey } = await openKeys(config, store, isFile, keysPath);
    const close = async (): Promise<void> => {
      await store.close();
      keys.close();
      lock?.release();
    };
    const files = isFile ? { logPath, keysPath, secretKey } : undefined;
    return { lock, store, keys, codec: new EventCodec(keys), files, close };
  } catch (error) {
    await store.close();
    throw error;
  }
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
