import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { KeyMissing, SecretKeyError } from './errors.js';
import { KeyWrapping } from './key-wrapping.js';

/** Unwrapped user keys kept in memory: unwrapping costs more than the rest of opening an event. */
const CACHED_KEYS = 10_000;

type UserKeyRow = readonly [number, Buffer | null];

/** Reads wrapped keys. Used by the key store itself and, with an own connection, by worker threads. */
export class KeyReader {
  readonly #database: Database.Database;
  readonly #wrapping: KeyWrapping;
  readonly #cache = new LRUCache<number, Buffer>({ max: CACHED_KEYS });
  readonly #userKey: Database.Statement<unknown[], UserKeyRow>;
  readonly #userKeys: Database.Statement<unknown[], UserKeyRow>;
  readonly #tenantKey: Database.Statement<unknown[], Buffer>;

  constructor(database: Database.Database, wrapping: KeyWrapping) {
    this.#database = database;
    this.#wrapping = wrapping;
    this.#userKey = database
      .prepare<unknown[], UserKeyRow>('SELECT id, wrapped FROM user_keys WHERE id = ?')
      .raw();
    this.#userKeys = database
      .prepare<unknown[], UserKeyRow>(
        'SELECT id, wrapped FROM user_keys WHERE id IN (SELECT value FROM json_each(?))',
      )
      .raw();
    this.#tenantKey = database
      .prepare<unknown[], Buffer>('SELECT wrapped FROM tenant_keys WHERE tenant = ?')
      .pluck();
  }

  get fingerprint(): string {
    return this.#wrapping.fingerprint;
  }

  /** @throws SecretKeyError when the stored keys were wrapped with another secret key */
  verify(): void {
    const stored = this.#database.prepare('SELECT fingerprint FROM secret').pluck().get();
    if (stored !== this.fingerprint) {
      throw new SecretKeyError(
        `The secret key (${short(this.fingerprint)}) is not the one that this data directory's keys are wrapped ` +
          `with (${short(String(stored))}). Set SECRET_KEY to that key, or put it back into DATA_DIR/secret.key.`,
      );
    }
  }

  /**
   * The 32 bytes of a user's key; undefined when it was destroyed.
   *
   * @throws KeyMissing when there never was such a key here
   */
  userKey(keyId: number): Buffer | undefined {
    const cached = this.#cache.get(keyId);
    if (cached !== undefined) return cached;
    const row = this.#userKey.get(keyId);
    if (row === undefined) throw new KeyMissing(keyId);
    return this.#unwrap(row);
  }

  /** Loads user keys that are about to be needed, with one statement. Those that are not there are no error here. */
  prefetch(keyIds: readonly number[]): void {
    const missing = keyIds.filter((keyId) => !this.#cache.has(keyId));
    if (missing.length === 0) return;
    for (const row of this.#userKeys.all(JSON.stringify(missing))) this.#unwrap(row);
  }

  /** The 32 bytes of a tenant's key; undefined when it has none yet. */
  tenantKey(tenant: string): Buffer | undefined {
    const wrapped = this.#tenantKey.get(tenant);
    return wrapped && this.#wrapping.unwrap(tenantKeyName(tenant), wrapped);
  }

  remember(keyId: number, key: Buffer): void {
    this.#cache.set(keyId, key);
  }

  forget(keyId: number): void {
    this.#cache.delete(keyId);
  }

  close(): void {
    this.#cache.clear();
    this.#database.close();
  }

  #unwrap([keyId, wrapped]: UserKeyRow): Buffer | undefined {
    if (wrapped === null) return undefined;
    const key = this.#wrapping.unwrap(userKeyName(keyId), wrapped);
    this.#cache.set(keyId, key);
    return key;
  }
}

export function userKeyName(keyId: number): string {
  return `user ${keyId}`;
}

export function tenantKeyName(tenant: string): string {
  return `tenant ${tenant}`;
}

function short(fingerprint: string): string {
  return `fingerprint ${fingerprint.slice(0, 16)}…`;
}
