// Keys live where the log does: beside an embedded log, or in the database that goes with a log on a server.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isServer, type Config } from '../config/config.js';
import { acquireDataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import { KeyStoreUnavailable, SecretKeyError } from '../keys/errors.js';
import { fingerprintOf } from '../keys/key-wrapping.js';
import { findSecretKey, keepSecretKey } from '../keys/secret-key.js';
import type { AllKeys, AllKeysReader } from '../keys/transfer/all-keys.js';
import { fillKeyFile, openSqliteAllKeys } from '../keys/transfer/sqlite-all-keys.js';
import { makeDataDir } from '../ledger/local-log.js';
import { notInMemory } from './log-source.js';

/**
 * The keys at hand, read beside whatever processes use them.
 *
 * @throws SecretKeyError when there is no secret key, or it is not that of the keys; KeyStoreUnavailable when there are
 *   no keys
 */
export async function openAllKeys(config: Config): Promise<AllKeysReader> {
  if (isServer(config.eventStore)) {
    const { openPostgresAllKeys } = await import('../keys/transfer/postgres-all-keys.js');
    return openPostgresAllKeys(config.readModel, presentSecretKey(config, 'SECRET_KEY is not set'));
  }
  if (config.eventStore !== 'sqlite') throw notInMemory();
  const path = keysPath(config);
  if (!existsSync(path)) throw new KeyStoreUnavailable(`${config.dataDir} holds no keys (keys.sqlite).`);
  const secretKey = presentSecretKey(
    config,
    `${config.dataDir} holds no secret.key, and SECRET_KEY is not set`,
  );
  return openSqliteAllKeys(path, secretKey);
}

/**
 * Puts keys where the settings say: all of them, or none.
 *
 * @returns how many user keys there are
 * @throws SecretKeyError when another secret key is at hand than the one that comes; KeyStoreUnavailable when there are
 *   keys already; DataDirInUse
 */
export async function putAllKeys(config: Config, keys: AllKeys): Promise<number> {
  if (isServer(config.eventStore)) {
    checkSecretKey(config, keys);
    const { fillPostgresKeys } = await import('../keys/transfer/postgres-all-keys.js');
    return fillPostgresKeys(config.readModel, keys);
  }
  if (config.eventStore !== 'sqlite') throw notInMemory();
  makeDataDir(config.dataDir);
  const lock = acquireDataDirLock(config.dataDir);
  try {
    const isSecretThere = checkSecretKey(config, keys);
    return await fillKeyFile(keysPath(config), keys, () => {
      if (!isSecretThere) keepSecretKey(config.dataDir, keys.secretKey);
    });
  } finally {
    lock.release();
  }
}

function presentSecretKey(config: Config, isMissing: string): Buffer {
  const secretKey = secretKeyOf(config);
  if (secretKey === undefined) throw new SecretKeyError(`${isMissing}.`);
  return secretKey;
}

function secretKeyOf({ eventStore, dataDir, secretKey: fromEnvironment }: Config): Buffer | undefined {
  return findSecretKey({ dataDir: isServer(eventStore) ? undefined : dataDir, fromEnvironment });
}

// The log names the secret key that it was written with, so the key travels too and may not change on the way.
function checkSecretKey(config: Config, keys: AllKeys): boolean {
  const atHand = secretKeyOf(config);
  if (atHand === undefined) return false;
  if (atHand.equals(keys.secretKey)) return true;
  const isSet = config.secretKey !== undefined;
  throw new SecretKeyError(
    `${isSet ? 'SECRET_KEY' : join(config.dataDir, 'secret.key')} (fingerprint ${short(atHand)}) is not the secret key ` +
      `of the keys that are to come (fingerprint ${short(keys.secretKey)}). ` +
      (isSet
        ? 'Set it to the secret key of the ledger that they were exported from.'
        : 'Set DATA_DIR to a folder without a ledger.'),
  );
}

function short(secretKey: Buffer): string {
  return `${fingerprintOf(secretKey).slice(0, 16)}…`;
}

function keysPath({ dataDir }: Config): string {
  return join(dataDir, 'keys.sqlite');
}
