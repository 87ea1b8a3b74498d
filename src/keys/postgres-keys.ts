// Keys for many processes: in a schema of their own in PostgreSQL, apart from every read model.
import { LRUCache } from 'lru-cache';
import { Pool } from 'pg';
import { KeyMissing, KeyStoreUnavailable } from './errors.js';
import { tenantKeyName, userKeyName } from './key-reader.js';
import { KeyWrapping, newKey, newKeys } from './key-wrapping.js';
import type { Keys, UserKey } from './keys.js';
import { inTransaction, prepareKeyTables } from './postgres-key-tables.js';

export interface PostgresKeysOptions {
  readonly connectionString: string;
  /** 32 bytes that wrap every other key. */
  readonly secretKey: Buffer;
  /** Refuses to start a new key store: set it when the event log is not empty. */
  readonly mustExist: boolean;
  /** User keys committed in advance. Default 256. */
  readonly poolSize?: number;
}

const POOL_SIZE = 256;
const CONNECTIONS = 4;
const CACHED_KEYS = 10_000;
interface UserKeyRow {
  readonly id: string;
  readonly wrapped: Buffer | null;
}

/**
 * Opens the key store in a database, or starts a new one.
 *
 * @throws SecretKeyError when its keys are wrapped with another secret key
 * @throws KeyStoreUnavailable when it is missing though it must exist, is of a newer version, or cannot be reached
 */
export async function openPostgresKeys(options: PostgresKeysOptions): Promise<PostgresKeys> {
  const pool = new Pool({ connectionString: options.connectionString, max: CONNECTIONS });
  // A connection that breaks while it is idle is replaced by the next query.
  pool.on('error', () => undefined);
  try {
    const wrapping = new KeyWrapping(options.secretKey);
    await inTransaction(pool, (client) => prepareKeyTables(client, wrapping, options.mustExist));
    return new PostgresKeys(pool, wrapping, options.poolSize ?? POOL_SIZE);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

export class PostgresKeys implements Keys {
  readonly #pool: Pool;
  readonly #wrapping: KeyWrapping;
  readonly #poolSize: number;
  /** Without a key: it was destroyed. */
  readonly #userKeys = new LRUCache<number, { readonly key: Buffer | undefined }>({ max: CACHED_KEYS });
  readonly #tenantKeys = new Map<string, Buffer>();
  #fresh: UserKey[] = [];
  #refilling: Promise<void> | undefined;

  /** Use `openPostgresKeys`. */
  constructor(pool: Pool, wrapping: KeyWrapping, poolSize: number) {
    this.#pool = pool;
    this.#wrapping = wrapping;
    this.#poolSize = poolSize;
  }

  get fingerprint(): string {
    return this.#wrapping.fingerprint;
  }

  async takeUserKey(): Promise<UserKey> {
    if (this.#fresh.length === 0) await this.#refill();
    const taken = this.#fresh.pop();
    if (taken === undefined) throw new KeyStoreUnavailable('No new user keys can be stored');
    // Not urgent: the take that finds none left tries again and reports.
    if (this.#fresh.length < this.#poolSize / 2) void this.#refill().catch(() => undefined);
    this.#userKeys.set(taken.keyId, { key: taken.key });
    return taken;
  }

  userKey(keyId: number): Buffer | undefined {
    const known = this.#userKeys.get(keyId);
    if (known === undefined) throw new KeyMissing(keyId);
    return known.key;
  }

  async load(keyIds: readonly number[]): Promise<void> {
    const missing = keyIds.filter((keyId) => !this.#userKeys.has(keyId));
    if (missing.length === 0) return;
    const { rows } = await this.#query<UserKeyRow>(
      'SELECT id, wrapped FROM scim_keys.user_keys WHERE id = ANY ($1::bigint[])',
      [missing],
    );
    for (const { id, wrapped } of rows) {
      const keyId = Number(id);
      const key = wrapped === null ? undefined : this.#wrapping.unwrap(userKeyName(keyId), wrapped);
      this.#userKeys.set(keyId, { key });
    }
  }

  async tenantKey(tenant: string): Promise<Buffer> {
    const known = this.#tenantKeys.get(tenant);
    if (known !== undefined) return known;
    // Two processes may make one at once: the first to be stored is the tenant's.
    const wrapped = (await this.#storedTenantKey(tenant)) ?? (await this.#addTenantKey(tenant));
    const key = this.#wrapping.unwrap(tenantKeyName(tenant), wrapped);
    this.#tenantKeys.set(tenant, key);
    return key;
  }

  async destroyUserKey(keyId: number): Promise<void> {
    this.#userKeys.delete(keyId);
    await this.#query(
      'UPDATE scim_keys.user_keys SET wrapped = NULL, destroyed_at = now() WHERE id = $1 AND wrapped IS NOT NULL',
      [keyId],
    );
  }

  async close(): Promise<void> {
    await this.#refilling?.catch(() => undefined);
    await this.#pool.end();
    this.#userKeys.clear();
    this.#tenantKeys.clear();
  }

  async #storedTenantKey(tenant: string): Promise<Buffer | undefined> {
    const { rows } = await this.#query<{ wrapped: Buffer }>(
      'SELECT wrapped FROM scim_keys.tenant_keys WHERE tenant = $1',
      [tenant],
    );
    return rows[0]?.wrapped;
  }

  async #addTenantKey(tenant: string): Promise<Buffer> {
    await this.#query(
      'INSERT INTO scim_keys.tenant_keys (tenant, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [tenant, this.#wrapping.wrap(tenantKeyName(tenant), newKey())],
    );
    const stored = await this.#storedTenantKey(tenant);
    if (stored === undefined) throw new KeyStoreUnavailable(`The key of tenant ${tenant} was not stored`);
    return stored;
  }

  #refill(): Promise<void> {
    this.#refilling ??= this.#addUserKeys().finally(() => (this.#refilling = undefined));
    return this.#refilling;
  }

  // The id is part of what wraps a key, so it is drawn first.
  async #addUserKeys(): Promise<void> {
    const count = this.#poolSize - this.#fresh.length;
    const { rows } = await this.#query<{ id: string }>(
      `SELECT nextval(pg_get_serial_sequence('scim_keys.user_keys', 'id')) AS id FROM generate_series(1, $1::int)`,
      [count],
    );
    const keys = newKeys(rows.length);
    const added = rows.flatMap(({ id }, index) => {
      const key = keys[index];
      return key === undefined ? [] : [{ keyId: Number(id), key }];
    });
    await this.#query(
      'INSERT INTO scim_keys.user_keys (id, wrapped) SELECT * FROM unnest($1::bigint[], $2::bytea[])',
      [
        added.map(({ keyId }) => keyId),
        added.map(({ keyId, key }) => this.#wrapping.wrap(userKeyName(keyId), key)),
      ],
    );
    this.#fresh.push(...added);
  }

  async #query<Row extends object>(text: string, values: readonly unknown[]) {
    try {
      return await this.#pool.query<Row>(text, [...values]);
    } catch (error) {
      throw new KeyStoreUnavailable('The keys in PostgreSQL cannot be reached', { cause: error });
    }
  }
}
