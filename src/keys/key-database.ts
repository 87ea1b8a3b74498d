import { closeSync, existsSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { KeyStoreUnavailable } from './errors.js';

// "SLKY": marks the file as a key store
const APPLICATION_ID = 0x53_4c_4b_59;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), fingerprint TEXT NOT NULL) STRICT;
  CREATE TABLE tenant_keys (tenant TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
  -- a destroyed key keeps its row, so that its id is never given to another person
  CREATE TABLE user_keys (id INTEGER PRIMARY KEY, wrapped BLOB, destroyed_at TEXT) STRICT;
  -- keys that no event uses yet; there is a row only while no process has the store open
  CREATE TABLE pool (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
`;

/** @throws KeyStoreUnavailable when the file cannot be opened or is no key store of this version */
export function openKeyDatabase(path: string, options: { readonly mustExist: boolean }): Database.Database {
  const isFile = path !== ':memory:';
  if (isFile && !existsSync(path)) {
    if (options.mustExist) {
      throw new KeyStoreUnavailable(
        `${path} is missing, and without its keys the event log cannot be read. Restore it from a backup.`,
      );
    }
    // made before SQLite opens it: its journals take over the mode
    closeSync(openSync(path, 'a', 0o600));
  }
  return prepared(path, new Database(path), (database) => {
    const isNew = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
    if (!isNew) checkIdentity(database, path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('cache_size = -4000');
    // a destroyed key is overwritten, not only unlinked
    database.pragma('secure_delete = ON');
    if (isNew) create(database);
  });
}

/** @throws KeyStoreUnavailable as `openKeyDatabase` */
export function openKeyDatabaseReadOnly(path: string): Database.Database {
  if (!existsSync(path)) throw new KeyStoreUnavailable(`${path} is missing`);
  return prepared(path, new Database(path, { readonly: true }), (database) => {
    checkIdentity(database, path);
    database.pragma('cache_size = -2000');
  });
}

function prepared(
  path: string,
  database: Database.Database,
  prepare: (database: Database.Database) => void,
): Database.Database {
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof KeyStoreUnavailable) throw error;
    throw new KeyStoreUnavailable(`${path} cannot be opened as a key store`, { cause: error });
  }
}

function create(database: Database.Database): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

function checkIdentity(database: Database.Database, path: string): void {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new KeyStoreUnavailable(`${path} is not a key store of this product`);
  }
  const version = database.pragma('user_version', { simple: true });
  if (version !== SCHEMA_VERSION) {
    throw new KeyStoreUnavailable(
      `${path} has format ${String(version)}; this version reads ${SCHEMA_VERSION}`,
    );
  }
}
