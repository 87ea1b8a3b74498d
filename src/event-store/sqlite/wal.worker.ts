// Moves what the write-ahead logs hold into the databases.
import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** To the worker: the databases. It answers with nothing when it is done. */
export type WalWork = readonly string[];

function empty(path: string): void {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { fileMustExist: true });
    // Waits for nobody: what a reader or the writer still needs stays for the next time.
    database.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A generation that was removed meanwhile, or a full disk: the writer empties its log itself when it gets long.
  } finally {
    database?.close();
  }
}

parentPort?.on('message', (paths: WalWork) => {
  paths.forEach(empty);
  parentPort?.postMessage(undefined);
});
