// Opens everything that keeps state: the data directory's lock, log, keys and read models, in that order.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ConfigError, type Config } from './config/config.js';
import type { CommandContext } from './event-store/envelope/command-context.js';
import { EventCodec } from './event-store/envelope/event-codec.js';
import type { StoredEvent } from './event-store/event-store.js';
import { EventLog } from './event-store/event-log.js';
import { acquireDataDirLock, type DataDirLock } from './event-store/sqlite/data-dir-lock.js';
import { SqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
import { WalThread } from './event-store/sqlite/wal-thread.js';
import { LEDGER_TENANT, streamName } from './event-store/stream-names.js';
import { openKeyStore, type KeyStore } from './keys/key-store.js';
import { loadSecretKey } from './keys/secret-key.js';
import { Projections } from './projections/projections.js';

const SECRET_KEY_STREAM = streamName(LEDGER_TENANT, 'key', 'secret');

/** The open state of one process. */
export interface Ledger {
  readonly lock: DataDirLock | undefined;
  readonly store: SqliteEventStore;
  readonly keys: KeyStore;
  readonly log: EventLog;
  readonly projections: Projections;
  close(): Promise<void>;
}

/**
 * @throws DataDirInUse when another process owns the data directory
 * @throws SecretKeyError when the secret key is missing or not the one the log was written with
 */
export async function openLedger(config: Config, logger: Logger): Promise<Ledger> {
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

async function openLocked(config: Config, logger: Logger, lock: DataDirLock | undefined): Promise<Ledger> {
  const isFile = config.eventStore === 'sqlite';
  const logPath = isFile ? join(config.dataDir, 'log.sqlite') : ':memory:';
  const keysPath = isFile ? join(config.dataDir, 'keys.sqlite') : ':memory:';
  const store = openStore(config, logPath);
  try {
    const { keys, secretKey } = openKeys(config, store, isFile, keysPath);
    const codec = new EventCodec(keys);
    const log = new EventLog(store, codec);
    await registerSecretKey(store, log, keys);
    const projections = await Projections.open({
      store,
      codec,
      folder: config.readModel === 'sqlite' ? join(config.dataDir, 'read-model') : undefined,
      log: isFile && config.readModel === 'sqlite' ? { logPath, keysPath, secretKey } : undefined,
      logger,
    });
    const walThread = isFile ? followWals(store, logPath, projections) : undefined;
    const close = async (): Promise<void> => {
      await walThread?.close();
      await projections.close();
      await store.close();
      keys.close();
      lock?.release();
    };
    return { lock, store, keys, log, projections, close };
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

function openKeys(config: Config, store: SqliteEventStore, isFile: boolean, keysPath: string) {
  const [registered] = store.readStreamSync(SECRET_KEY_STREAM);
  const logIsEmpty = store.headSync() === undefined;
  const secretKey = loadSecretKey({
    dataDir: isFile ? config.dataDir : undefined,
    fromEnvironment: config.secretKey,
    logIsEmpty,
    expectedFingerprint: fingerprintIn(registered),
  });
  return { keys: openKeyStore({ path: keysPath, secretKey, mustExist: !logIsEmpty }), secretKey };
}

function fingerprintIn(registered: StoredEvent | undefined): string | undefined {
  const fingerprint = registered?.data['fingerprint'];
  return typeof fingerprint === 'string' ? fingerprint : undefined;
}

async function registerSecretKey(store: SqliteEventStore, log: EventLog, keys: KeyStore): Promise<void> {
  if (store.headSync() !== undefined) return;
  const commandId = randomUUID();
  const context: CommandContext = {
    commandId,
    correlationId: commandId,
    tenant: LEDGER_TENANT,
    actor: SYSTEM_ACTOR,
    occurredAt: new Date().toISOString(),
  };
  const event = { type: 'SecretKeyRegistered', schemaVersion: 1, data: { fingerprint: keys.fingerprint } };
  await log.append([{ stream: SECRET_KEY_STREAM, revision: -1, tipHash: '', events: [event] }], context);
}

export const SYSTEM_ACTOR = { kind: 'system', id: 'scim-ledger', label: 'SCIM Ledger' } as const;
