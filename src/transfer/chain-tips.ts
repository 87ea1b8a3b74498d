// Where every stream of a log stands while the log is walked. Disposable, and on the disk: there are as many streams as
// there were users, groups and names.
import Database from 'better-sqlite3';
import { hashOf, NO_HASH, verifyHash } from '../event-store/envelope/chain.js';
import type { CarriedEvent } from './log-file.js';

interface Tip {
  readonly revision: number;
  readonly hash: string;
}

const START: Tip = { revision: -1, hash: NO_HASH };

export class ChainTips {
  // An unnamed database lives in a temporary file that goes with the connection: memory stays bounded.
  readonly #database = new Database('');
  readonly #find: Database.Statement<unknown[], Tip>;
  readonly #keep: Database.Statement;

  constructor() {
    this.#database.pragma('journal_mode = OFF');
    this.#database.pragma('synchronous = OFF');
    this.#database.pragma('cache_size = -16384');
    this.#database.exec(
      'CREATE TABLE tip (stream TEXT PRIMARY KEY, revision INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID; BEGIN',
    );
    this.#find = this.#database.prepare<unknown[], Tip>('SELECT revision, hash FROM tip WHERE stream = ?');
    this.#keep = this.#database.prepare(
      'INSERT OR REPLACE INTO tip (stream, revision, hash) VALUES (?, ?, ?)',
    );
  }

  /** Takes the next event of the log. @returns whether it is its stream's next one, unchanged since it was written */
  follow(event: CarriedEvent): boolean {
    const { stream, revision } = event;
    const tip = this.#find.get(stream) ?? START;
    if (revision !== tip.revision + 1 || !verifyHash({ ...event, position: '' }, tip.hash)) return false;
    this.#keep.run(stream, revision, hashOf(event));
    return true;
  }

  close(): void {
    this.#database.close();
  }
}
