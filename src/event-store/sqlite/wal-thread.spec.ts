import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { WalThread } from './wal-thread.js';

describe('the thread that empties write-ahead logs', () => {
  let directory: string;
  let path: string;
  let database: Database.Database;
  let paths: string[];
  let thread: WalThread;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'wal-'));
    path = join(directory, 'written.sqlite');
    database = new Database(path);
    database.pragma('journal_mode = WAL');
    database.pragma('wal_autocheckpoint = 0');
    paths = [path];
    thread = new WalThread(() => paths);
  });

  afterEach(async () => {
    await thread.close();
    database.close();
    rmSync(directory, { recursive: true });
  });

  function write(): void {
    database.exec('CREATE TABLE IF NOT EXISTS text (value TEXT)');
    database.prepare('INSERT INTO text VALUES (?)').run('x'.repeat(100_000));
    thread.wrote();
  }

  const moved = async (size: number): Promise<void> => {
    while (statSync(path).size < size) await new Promise((resolve) => setImmediate(resolve));
  };

  it('moves what was written into the database while the writer keeps it open', async () => {
    write();
    expect(statSync(path).size).toBeLessThan(100_000);

    await moved(100_000);
  });

  it('does so again after the next write', async () => {
    write();
    await moved(100_000);

    write();
    await moved(200_000);
  });

  it('goes on when a database is gone', async () => {
    paths = [join(directory, 'gone.sqlite'), path];

    write();

    await moved(100_000);
  });
});
