// Who is a member of what, by key: a table of pairs (holder, member) that is read from both sides.
import { run, type Script } from './script.js';

export interface Links {
  add(holder: number, member: number): Script<void>;
  remove(holder: number, member: number): Script<void>;
  /** Removes every member of a holder. */
  clear(holder: number): Script<void>;
  /** Removes a member from every holder. */
  leave(member: number): Script<void>;
}

/** Links that are written at once. */
export class LinkTable implements Links {
  readonly #add: string;
  readonly #remove: string;
  readonly #clear: string;
  readonly #leave: string;

  /** @param table with the columns `holder` and `member`, which together are its key */
  constructor(table: string) {
    this.#add = `INSERT INTO ${table} (holder, member) VALUES (?, ?) ON CONFLICT DO NOTHING`;
    this.#remove = `DELETE FROM ${table} WHERE holder = ? AND member = ?`;
    this.#clear = `DELETE FROM ${table} WHERE holder = ?`;
    this.#leave = `DELETE FROM ${table} WHERE member = ?`;
  }

  add(holder: number, member: number): Script<void> {
    return run(this.#add, holder, member);
  }

  remove(holder: number, member: number): Script<void> {
    return run(this.#remove, holder, member);
  }

  clear(holder: number): Script<void> {
    return run(this.#clear, holder);
  }

  leave(member: number): Script<void> {
    return run(this.#leave, member);
  }
}
