// One process owns a data directory. The lock is a transaction that stays open on a file of its own: the
// operating system drops it when the process dies, however it dies. Nothing else in this process may open
// that file: closing any descriptor of it would drop the lock (POSIX).
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const LOCK_FILE = 'lock.sqlite';
const OWNER_FILE = 'owner.json';
/** How long a start waits for a lock, in ms: `readOwner` of another process holds it for a moment. */
const PATIENCE_MS = 1000;

export interface DataDirOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Base URL of the owner's HTTP server, once it listens. */
  readonly address?: string;
}

/** Another process works on this directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';

  constructor(
    readonly directory: string,
    readonly owner: DataDirOwner | undefined,
  ) {
    super(`${directory} is in use by ${owner ? describe(owner) : 'another process'}`);
  }
}

export interface DataDirLock {
  /** Says where this process listens, for command lines that find the directory locked. */
  announce(address: string): void;
  release(): void;
}

/**
 * Takes a directory, which must exist, for this process.
 *
 * @throws DataDirInUse when another process has it
 */
export function acquireDataDirLock(directory: string): DataDirLock {
  const database = new Database(join(directory, LOCK_FILE), { timeout: PATIENCE_MS });
  if (!takeLock(database)) {
    database.close();
    throw new DataDirInUse(directory, ownerFile(directory));
  }
  const owner: DataDirOwner = { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
  writeOwner(directory, owner);
  return {
    announce: (address) => writeOwner(directory, { ...owner, address }),
    release: () => {
      if (!database.open) return;
      rmSync(join(directory, OWNER_FILE), { force: true });
      database.close();
    },
  };
}

/** Who holds the directory now; undefined when nobody does, whatever a crashed owner left behind. */
export function readOwner(directory: string): DataDirOwner | undefined {
  return isLocked(directory) ? ownerFile(directory) : undefined;
}

function takeLock(database: Database.Database): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

function isLocked(directory: string): boolean {
  let database: Database.Database;
  try {
    database = new Database(join(directory, LOCK_FILE), { readonly: true, fileMustExist: true, timeout: 0 });
  } catch {
    return false; // no lock file: never owned
  }
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  // By its code alone: where modules are loaded several times there are several classes of error.
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_BUSY');
}

function writeOwner(directory: string, owner: DataDirOwner): void {
  writeFileSync(join(directory, OWNER_FILE), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
}

function ownerFile(directory: string): DataDirOwner | undefined {
  try {
    const owner: DataDirOwner = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8'));
    return owner;
  } catch {
    return undefined; // between taking the lock and writing the file there is nobody to name
  }
}

function describe({ pid, host, startedAt, address }: DataDirOwner): string {
  return `process ${pid} on ${host} since ${startedAt}${address ? ` (${address})` : ''}`;
}
