// All keys of one data directory, apart from the log and the read models: losing them loses the data, and
// destroying a user's key erases the person.
import type Database from 'better-sqlite3';
import { KeyStoreUnavailable } from './errors.js';
import { openKeyDatabase, openKeyDatabaseReadOnly } from './key-database.js';
import { KeyReader, tenantKeyName, userKeyName } from './key-reader.js';
import { KeyWrapping, newKey } from './key-wrapping.js';
import type { Keys, UserKey } from './keys.js';
import { rewrapAll } from './rewrap.js';
import { UserKeyPool } from './user-key-pool.js';

export interface KeyStoreOptions {
  /** File of the key store, or `:memory:`. */
  readonly path: string;
  /** 32 bytes that wrap every other key. */
  readonly secretKey: Buffer;
  /** Refuses to start a new key store: set it when the event log is not empty. Default false. */
  readonly mustExist?: boolean;
  /** User keys committed in advance. Default 1024. */
  readonly poolSize?: number;
}

const POOL_SIZE = 1024;

/**
 * Opens the key store, or starts a new one.
 *
 * @throws SecretKeyError when its keys are wrapped with another secret key
 * @throws KeyStoreUnavailable when the file is missing though it must exist, or cannot be used
 */
export function openKeyStore(options: KeyStoreOptions): KeyStore {
  const database = openKeyDatabase(options.path, { mustExist: options.mustExist ?? false });
  try {
    return new KeyStore(database, new KeyWrapping(options.secretKey), options.poolSize ?? POOL_SIZE);
  } catch (error) {
    database.close();
    throw error;
  }
}

export class KeyStore implements Keys {
  readonly #database: Database.Database;
  readonly #tenantKeys = new Map<string, Buffer>();
  readonly #pool: UserKeyPool;
  #wrapping: KeyWrapping;
  #reader: KeyReader;

  /** Use `openKeyStore`. */
  constructor(database: Database.Database, wrapping: KeyWrapping, poolSize: number) {
    database
      .prepare('INSERT OR IGNORE INTO secret (id, fingerprint) VALUES (1, ?)')
      .run(wrapping.fingerprint);
    this.#database = database;
    this.#wrapping = wrapping;
    this.#reader = new KeyReader(database, wrapping);
    this.#reader.verify();
    this.#pool = new UserKeyPool(database, poolSize, (keyId, key) =>
      this.#wrapping.wrap(userKeyName(keyId), key),
    );
  }

  /** A reader with its own connection, for worker threads. */
  static openReadOnly(options: Pick<KeyStoreOptions, 'path' | 'secretKey'>): KeyReader {
    const reader = new KeyReader(openKeyDatabaseReadOnly(options.path), new KeyWrapping(options.secretKey));
    reader.verify();
    return reader;
  }

  /** Tells secret keys apart without saying anything about them: 64 hexadecimal digits. */
  get fingerprint(): string {
    return this.#wrapping.fingerprint;
  }

  /** @throws SecretKeyError when the stored keys are wrapped with another secret key */
  verify(): void {
    this.#reader.verify();
  }

  /**
   * A fresh key for a new user, already on the disk. It is never handed out again, used or not.
   *
   * @throws KeyStoreUnavailable when the pool is empty and cannot be refilled
   */
  takeUserKey(): UserKey {
    const { keyId, key } = this.#pool.take();
    const known = key ?? this.#reader.userKey(keyId);
    if (known === undefined)
      throw new KeyStoreUnavailable(`User key ${keyId} was destroyed before it was used`);
    this.#reader.remember(keyId, known);
    return { keyId, key: known };
  }

  /**
   * The 32 bytes of a user's key; undefined when it was destroyed.
   *
   * @throws KeyMissing when there never was such a key here
   */
  userKey(keyId: number): Buffer | undefined {
    return this.#reader.userKey(keyId);
  }

  /** Loads user keys that are about to be needed. */
  prefetch(keyIds: readonly number[]): void {
    this.#reader.prefetch(keyIds);
  }

  /**
   * Destroys a user's key, for good: what it sealed can never be read again. Repeating it is harmless.
   *
   * @throws KeyStoreUnavailable when it could not be removed from the files; repeat it then
   */
  destroyUserKey(keyId: number): void {
    this.#reader.forget(keyId);
    this.#guard('The key could not be destroyed', () => {
      this.#database
        .prepare('UPDATE user_keys SET wrapped = NULL, destroyed_at = ? WHERE id = ? AND wrapped IS NOT NULL')
        .run(new Date().toISOString(), keyId);
    });
    this.#truncateJournal();
  }

  /** A tenant's key, made at its first use. */
  tenantKey(tenant: string): Buffer {
    const known = this.#tenantKeys.get(tenant);
    if (known !== undefined) return known;
    const key = this.#reader.tenantKey(tenant) ?? this.#addTenantKey(tenant);
    this.#tenantKeys.set(tenant, key);
    return key;
  }

  /** Wraps every key with another secret key, in one transaction. The old secret key opens nothing afterwards. */
  rewrap(newSecret: Buffer): void {
    const wrapping = new KeyWrapping(newSecret);
    this.#guard('The keys could not be wrapped anew', () =>
      rewrapAll(this.#database, this.#wrapping, wrapping),
    );
    this.#wrapping = wrapping;
    this.#reader = new KeyReader(this.#database, wrapping);
    this.#truncateJournal();
  }

  /** Keeps what is left of the pool for the next start. */
  close(): void {
    if (!this.#database.open) return;
    this.#pool.close();
    this.#tenantKeys.clear();
    this.#reader.close();
  }

  #addTenantKey(tenant: string): Buffer {
    const key = newKey();
    this.#guard('A tenant key could not be stored', () => {
      this.#database
        .prepare('INSERT INTO tenant_keys (tenant, wrapped) VALUES (?, ?)')
        .run(tenant, this.#wrapping.wrap(tenantKeyName(tenant), key));
    });
    return key;
  }

  // the write-ahead log still holds pages as they were before
  #truncateJournal(): void {
    const isBusy = this.#guard('The journal of the key store could not be emptied', () =>
      this.#database.pragma('wal_checkpoint(TRUNCATE)', { simple: true }),
    );
    if (isBusy !== 0)
      throw new KeyStoreUnavailable('The journal of the key store is in use and was not emptied');
  }

  #guard<T>(message: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw new KeyStoreUnavailable(message, { cause: error });
    }
  }
}
