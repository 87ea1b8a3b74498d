// Rotation of the secret key: every stored key is opened with the old wrapping and sealed with the new one.
import type Database from 'better-sqlite3';
import { tenantKeyName, userKeyName } from './key-reader.js';
import type { KeyWrapping } from './key-wrapping.js';

const PAGE = 1000;

interface UserKeyRow {
  readonly id: number;
  readonly wrapped: Buffer;
}

interface TenantKeyRow {
  readonly tenant: string;
  readonly wrapped: Buffer;
}

/** All or nothing. @throws Error when a stored key does not open with the old wrapping */
export function rewrapAll(database: Database.Database, from: KeyWrapping, to: KeyWrapping): void {
  database.transaction(() => {
    rewrapUserKeys(database, from, to);
    rewrapTenantKeys(database, from, to);
    database.prepare('UPDATE secret SET fingerprint = ?').run(to.fingerprint);
  })();
}

function rewrapUserKeys(database: Database.Database, from: KeyWrapping, to: KeyWrapping): void {
  const read = database.prepare<unknown[], UserKeyRow>(
    `SELECT id, wrapped FROM user_keys WHERE id > ? AND wrapped IS NOT NULL ORDER BY id LIMIT ${PAGE}`,
  );
  const write = database.prepare('UPDATE user_keys SET wrapped = ? WHERE id = ?');
  let page = read.all(0);
  while (page.length > 0) {
    for (const { id, wrapped } of page) {
      const name = userKeyName(id);
      write.run(to.wrap(name, from.unwrap(name, wrapped)), id);
    }
    page = read.all(page.at(-1)?.id);
  }
}

function rewrapTenantKeys(database: Database.Database, from: KeyWrapping, to: KeyWrapping): void {
  const write = database.prepare('UPDATE tenant_keys SET wrapped = ? WHERE tenant = ?');
  const rows = database.prepare<unknown[], TenantKeyRow>('SELECT tenant, wrapped FROM tenant_keys').all();
  for (const { tenant, wrapped } of rows) {
    const name = tenantKeyName(tenant);
    write.run(to.wrap(name, from.unwrap(name, wrapped)), tenant);
  }
}
