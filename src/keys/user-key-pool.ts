// User keys committed ahead of their use, so that creating a user costs no transaction here. While a process runs,
// the file does not say which keys are left: after a crash all of them count as used, and none is given out twice.
import type Database from 'better-sqlite3';
import { KeyStoreUnavailable } from './errors.js';
import { newKeys } from './key-wrapping.js';

export interface PooledKey {
  readonly keyId: number;
  /** Absent when the key was made by an earlier process and has to be unwrapped. */
  readonly key: Buffer | undefined;
}

interface PoolRow {
  readonly next: number;
  readonly last: number;
}

type Wrap = (keyId: number, key: Buffer) => Buffer;

export class UserKeyPool {
  readonly #database: Database.Database;
  readonly #size: number;
  readonly #wrap: Wrap;
  readonly #refill: () => void;
  #keys: PooledKey[];
  #taken = 0;
  #isRefillDue = false;

  constructor(database: Database.Database, size: number, wrap: Wrap) {
    this.#database = database;
    this.#size = size;
    this.#wrap = wrap;
    this.#keys = this.#leftOver();
    this.#refill = database.transaction(() => this.#addKeys());
  }

  /** @throws KeyStoreUnavailable when the pool is empty and cannot be refilled */
  take(): PooledKey {
    if (this.#left === 0) this.#refillNow();
    const key = this.#keys[this.#taken];
    if (key === undefined) throw new KeyStoreUnavailable('The pool of user keys is empty');
    this.#taken += 1;
    if (this.#left < this.#size / 2) this.#refillSoon();
    return key;
  }

  close(): void {
    const next = this.#keys[this.#taken]?.keyId;
    const last = this.#keys.at(-1)?.keyId;
    if (next === undefined || last === undefined) return;
    this.#database.prepare('INSERT OR REPLACE INTO pool (id, next, last) VALUES (1, ?, ?)').run(next, last);
  }

  get #left(): number {
    return this.#keys.length - this.#taken;
  }

  #leftOver(): PooledKey[] {
    const row = this.#database
      .prepare<unknown[], PoolRow>('DELETE FROM pool WHERE id = 1 RETURNING next, last')
      .get();
    if (row === undefined) return [];
    return Array.from({ length: row.last - row.next + 1 }, (_, index) => ({
      keyId: row.next + index,
      key: undefined,
    }));
  }

  #refillSoon(): void {
    if (this.#isRefillDue) return;
    this.#isRefillDue = true;
    setImmediate(() => {
      this.#isRefillDue = false;
      if (!this.#database.open || this.#left >= this.#size / 2) return;
      try {
        this.#refill();
      } catch {
        // not urgent: the take that finds the pool empty tries again and reports
      }
    });
  }

  #refillNow(): void {
    try {
      this.#refill();
    } catch (error) {
      throw new KeyStoreUnavailable('No new user keys can be stored', { cause: error });
    }
  }

  #addKeys(): void {
    const add = this.#database.prepare('INSERT INTO user_keys (id, wrapped) VALUES (?, ?)');
    const left = this.#keys.slice(this.#taken);
    const last =
      this.#database.prepare<unknown[], number | null>('SELECT max(id) FROM user_keys').pluck().get() ?? 0;
    const added = newKeys(this.#size - left.length).map((key, index) => ({ keyId: last + 1 + index, key }));
    for (const { keyId, key } of added) add.run(keyId, this.#wrap(keyId, key));
    this.#keys = [...left, ...added];
    this.#taken = 0;
  }
}
