import Database from 'better-sqlite3';

// "SLEL": marks the file as an event log, so that another SQLite file is never taken for one
const APPLICATION_ID = 0x53_4c_45_4c;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (id),
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  CREATE TABLE probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
`;

/**
 * Opens the event log for writing and creates its tables in an empty file.
 *
 * @param path of the file, or `:memory:`
 * @throws Error when the file is another database or of a later version
 */
export function openLogDatabase(path: string): Database.Database {
  const database = new Database(path);
  try {
    const isNew = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
    // before anything is changed in a file that may be somebody else's
    if (!isNew) checkIdentity(database, path);
    // the log is the only copy of the truth: a commit is on the disk before it is answered
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = OFF');
    // a checkpoint syncs twice: every 32 MB, not every 4
    database.pragma('wal_autocheckpoint = 8000');
    database.pragma('cache_size = -16000');
    if (isNew) create(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the log for reading only, beside the process's writer; for worker threads and the command line. */
export function openLogReadOnly(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    // read once from end to end: little is read twice
    database.pragma('cache_size = -2000');
    checkIdentity(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
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
    throw new Error(`${path} is not an event log of this product`);
  }
  const version = database.pragma('user_version', { simple: true });
  if (version !== SCHEMA_VERSION) {
    throw new Error(`${path} has log format ${String(version)}; this version reads format ${SCHEMA_VERSION}`);
  }
}
