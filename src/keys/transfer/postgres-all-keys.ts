import { Pool, type PoolClient } from 'pg';
import { KeyStoreUnavailable } from '../errors.js';
import { tenantKeyName, userKeyName } from '../key-reader.js';
import { KeyWrapping } from '../key-wrapping.js';
import { inTransaction, prepareKeyTables } from '../postgres-key-tables.js';
import { KEYS_PAGE, type AllKeys, type AllKeysReader, type UserKeyRecord } from './all-keys.js';

interface UserKeyRow {
  readonly id: string;
  readonly wrapped: Buffer | null;
  readonly destroyed_at: Date | null;
}

interface TenantKeyRow {
  readonly tenant: string;
  readonly wrapped: Buffer;
}

const USER_KEYS = `SELECT id, wrapped, destroyed_at FROM scim_keys.user_keys
  WHERE id > $1 ORDER BY id LIMIT ${KEYS_PAGE}`;
const ADD_USER_KEYS = `INSERT INTO scim_keys.user_keys (id, wrapped, destroyed_at)
  SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::timestamptz[])`;
/** New keys are drawn from this sequence: their ids begin after those that came. */
const GO_ON_COUNTING = `SELECT setval(pg_get_serial_sequence('scim_keys.user_keys', 'id'), max(id))
  FROM scim_keys.user_keys HAVING max(id) IS NOT NULL`;

/** @throws KeyStoreUnavailable when there is none; SecretKeyError when its keys are wrapped with another secret key */
export async function openPostgresAllKeys(
  connectionString: string,
  secretKey: Buffer,
): Promise<AllKeysReader> {
  const pool = poolOf(connectionString);
  const wrapping = new KeyWrapping(secretKey);
  try {
    await inTransaction(pool, (client) => prepareKeyTables(client, wrapping, true));
    return new PostgresAllKeysReader(pool, secretKey, wrapping);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

class PostgresAllKeysReader implements AllKeysReader {
  constructor(
    private readonly pool: Pool,
    private readonly secretKey: Buffer,
    private readonly wrapping: KeyWrapping,
  ) {}

  get fingerprint(): string {
    return this.wrapping.fingerprint;
  }

  async lastUserKeyId(): Promise<number> {
    const { rows } = await this.pool.query<{ last: string | null }>(
      'SELECT max(id) AS last FROM scim_keys.user_keys',
    );
    return Number(rows[0]?.last ?? 0);
  }

  async read(): Promise<AllKeys> {
    const { rows } = await this.pool.query<TenantKeyRow>(
      'SELECT tenant, wrapped FROM scim_keys.tenant_keys ORDER BY tenant',
    );
    const tenantKeys = rows.map(({ tenant, wrapped }) => {
      return { tenant, key: this.wrapping.unwrap(tenantKeyName(tenant), wrapped) };
    });
    return { secretKey: this.secretKey, tenantKeys, userKeys: this.#userKeys() };
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async *#userKeys(): AsyncGenerator<readonly UserKeyRecord[]> {
    let after = 0;
    for (;;) {
      const { rows } = await this.pool.query<UserKeyRow>(USER_KEYS, [after]);
      const page = rows.map((row) => this.#record(row));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.keyId;
    }
  }

  #record({ id, wrapped, destroyed_at: destroyedAt }: UserKeyRow): UserKeyRecord {
    const keyId = Number(id);
    if (wrapped === null) return { keyId, key: undefined, destroyedAt: destroyedAt?.toISOString() };
    return { keyId, key: this.wrapping.unwrap(userKeyName(keyId), wrapped) };
  }
}

/**
 * Fills the key store of a database that has no keys yet, in one transaction.
 *
 * @returns how many user keys it holds
 * @throws KeyStoreUnavailable when there are keys already, or the database cannot be reached; SecretKeyError when its
 *   tables were made for another secret key
 */
export async function fillPostgresKeys(connectionString: string, keys: AllKeys): Promise<number> {
  const pool = poolOf(connectionString);
  let count = 0;
  try {
    await inTransaction(pool, async (client) => {
      const wrapping = new KeyWrapping(keys.secretKey);
      await prepareKeyTables(client, wrapping, false);
      await checkEmpty(client);
      for (const { tenant, key } of keys.tenantKeys) {
        const wrapped = wrapping.wrap(tenantKeyName(tenant), key);
        await client.query('INSERT INTO scim_keys.tenant_keys VALUES ($1, $2)', [tenant, wrapped]);
      }
      for await (const page of keys.userKeys) {
        await addUserKeys(client, wrapping, page);
        count += page.length;
      }
      await client.query(GO_ON_COUNTING);
    });
    return count;
  } finally {
    await pool.end();
  }
}

async function checkEmpty(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ holds_keys: boolean }>(
    `SELECT EXISTS (SELECT FROM scim_keys.user_keys) OR EXISTS (SELECT FROM scim_keys.tenant_keys) AS holds_keys`,
  );
  if (rows[0]?.holds_keys !== true) return;
  throw new KeyStoreUnavailable(
    'The database of READ_MODEL holds keys already (schema scim_keys). Name a database without a ledger.',
  );
}

async function addUserKeys(
  client: PoolClient,
  wrapping: KeyWrapping,
  page: readonly UserKeyRecord[],
): Promise<void> {
  await client.query(ADD_USER_KEYS, [
    page.map(({ keyId }) => keyId),
    page.map(({ keyId, key }) => (key ? wrapping.wrap(userKeyName(keyId), key) : null)),
    page.map(({ destroyedAt }) => destroyedAt ?? null),
  ]);
}

function poolOf(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 1 });
  // A connection that breaks while it is idle is replaced by the next query.
  pool.on('error', () => undefined);
  return pool;
}
