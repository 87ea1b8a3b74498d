import { existsSync, renameSync, rmSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { KeyStoreUnavailable } from '../errors.js';
import { openKeyDatabase, openKeyDatabaseReadOnly } from '../key-database.js';
import { KeyReader, tenantKeyName, userKeyName } from '../key-reader.js';
import { KeyWrapping } from '../key-wrapping.js';
import { KEYS_PAGE, type AllKeys, type AllKeysReader, type UserKeyRecord } from './all-keys.js';

interface UserKeyRow {
  readonly id: number;
  readonly wrapped: Buffer | null;
  readonly destroyed_at: string | null;
}

interface TenantKeyRow {
  readonly tenant: string;
  readonly wrapped: Buffer;
}

/** @throws KeyStoreUnavailable when there is none; SecretKeyError when its keys are wrapped with another secret key */
export function openSqliteAllKeys(path: string, secretKey: Buffer): AllKeysReader {
  const database = openKeyDatabaseReadOnly(path);
  try {
    const wrapping = new KeyWrapping(secretKey);
    new KeyReader(database, wrapping).verify();
    return new SqliteAllKeysReader(database, secretKey, wrapping);
  } catch (error) {
    database.close();
    throw error;
  }
}

class SqliteAllKeysReader implements AllKeysReader {
  constructor(
    private readonly database: Database.Database,
    private readonly secretKey: Buffer,
    private readonly wrapping: KeyWrapping,
  ) {}

  get fingerprint(): string {
    return this.wrapping.fingerprint;
  }

  async lastUserKeyId(): Promise<number> {
    const last = this.database
      .prepare<unknown[], number | null>('SELECT max(id) FROM user_keys')
      .pluck()
      .get();
    return last ?? 0;
  }

  async read(): Promise<AllKeys> {
    const rows = this.database
      .prepare<unknown[], TenantKeyRow>('SELECT tenant, wrapped FROM tenant_keys ORDER BY tenant')
      .all();
    const tenantKeys = rows.map(({ tenant, wrapped }) => {
      return { tenant, key: this.wrapping.unwrap(tenantKeyName(tenant), wrapped) };
    });
    return { secretKey: this.secretKey, tenantKeys, userKeys: this.#userKeys() };
  }

  async close(): Promise<void> {
    this.database.close();
  }

  async *#userKeys(): AsyncGenerator<readonly UserKeyRecord[]> {
    const read = this.database.prepare<unknown[], UserKeyRow>(
      `SELECT id, wrapped, destroyed_at FROM user_keys WHERE id > ? ORDER BY id LIMIT ${KEYS_PAGE}`,
    );
    let page = read.all(0);
    while (page.length > 0) {
      yield page.map((row) => this.#record(row));
      page = read.all(page.at(-1)?.id);
    }
  }

  #record({ id, wrapped, destroyed_at: destroyedAt }: UserKeyRow): UserKeyRecord {
    if (wrapped === null) return { keyId: id, key: undefined, destroyedAt: destroyedAt ?? undefined };
    return { keyId: id, key: this.wrapping.unwrap(userKeyName(id), wrapped) };
  }
}

/**
 * Makes the key store of a data directory that has none: whole, or not at all.
 *
 * @param beforeItStands called when every key is written, and before they can be found
 * @returns how many user keys it holds
 * @throws KeyStoreUnavailable when there is one already, or it cannot be written
 */
export async function fillKeyFile(path: string, keys: AllKeys, beforeItStands: () => void): Promise<number> {
  if (existsSync(path)) {
    throw new KeyStoreUnavailable(`${path} holds keys already. Set DATA_DIR to a folder without a ledger.`);
  }
  const draft = `${path}.draft`;
  removeDraft(draft);
  const database = openKeyDatabase(draft, { mustExist: false });
  try {
    const count = await fill(database, keys);
    database.close();
    beforeItStands();
    renameSync(draft, path);
    return count;
  } finally {
    database.close();
    removeDraft(draft);
  }
}

async function fill(database: Database.Database, keys: AllKeys): Promise<number> {
  const wrapping = new KeyWrapping(keys.secretKey);
  const addUserKey = database.prepare('INSERT INTO user_keys (id, wrapped, destroyed_at) VALUES (?, ?, ?)');
  const addTenantKey = database.prepare('INSERT INTO tenant_keys (tenant, wrapped) VALUES (?, ?)');
  let count = 0;
  database.exec('BEGIN');
  database.prepare('INSERT INTO secret (id, fingerprint) VALUES (1, ?)').run(wrapping.fingerprint);
  for (const { tenant, key } of keys.tenantKeys)
    addTenantKey.run(tenant, wrapping.wrap(tenantKeyName(tenant), key));
  for await (const page of keys.userKeys) {
    for (const { keyId, key, destroyedAt } of page) {
      addUserKey.run(keyId, key ? wrapping.wrap(userKeyName(keyId), key) : null, destroyedAt ?? null);
    }
    count += page.length;
  }
  database.exec('COMMIT');
  return count;
}

function removeDraft(draft: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(draft + suffix, { force: true });
}
