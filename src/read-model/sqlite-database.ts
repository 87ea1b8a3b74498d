import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Row, Script, Statement } from './script.js';
import { forSqlite, withoutReturning } from './sqlite-dialect.js';

export interface SqliteOptions {
  readonly readOnly?: boolean;
  /** Page cache in KiB. */
  readonly cacheKiB?: number;
  /** Nothing of it has to survive a crash until `makeDurable`. */
  readonly isBulkLoad?: boolean;
}

interface Prepared {
  readonly statement: Database.Statement;
  /** The script wants the key of the inserted row. */
  readonly wantsKey: boolean;
}

/** One connection to a read model in SQLite. Committed with `synchronous=NORMAL`: a lost tail is caught up again. */
export class SqliteDatabase {
  readonly #connection: Database.Database;
  readonly #statements = new Map<string, Prepared>();
  readonly #isReadOnly: boolean;

  /** @param path a file, or `:memory:` */
  constructor(
    readonly path: string,
    { readOnly = false, isBulkLoad = false, cacheKiB = readOnly ? 8 * 1024 : 32 * 1024 }: SqliteOptions = {},
  ) {
    this.#connection = new Database(path, { readonly: readOnly });
    this.#isReadOnly = readOnly;
    if (isBulkLoad) {
      this.#connection.pragma('journal_mode = MEMORY');
      this.#connection.pragma('synchronous = OFF');
      // What is set aside for the index is written and read once, from end to end.
      this.#connection.pragma('temp.cache_size = -1024');
    } else if (!readOnly) {
      this.#followCommits();
    }
    this.#connection.pragma(`cache_size = -${cacheKiB}`);
    this.#connection.pragma('busy_timeout = 5000');
    this.#connection.pragma('temp_store = FILE');
  }

  /** Runs a script to its end and returns its result. */
  run<T>(script: Script<T>): T {
    let step = script.next();
    while (!step.done) step = script.next(this.#execute(step.value));
    return step.value;
  }

  /** Runs a script that only reads, on one state of the database. */
  read<T>(script: Script<T>): T {
    // Nobody else writes to what this connection writes to, and a transaction costs more than a look-up.
    if (!this.#isReadOnly) return this.run(script);
    this.begin();
    try {
      return this.run(script);
    } finally {
      this.commit();
    }
  }

  /** Runs a script inside one transaction. */
  transaction<T>(script: () => Script<T>): T {
    this.begin();
    try {
      const result = this.run(script());
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  begin(): void {
    this.#prepare('BEGIN').statement.run();
  }

  commit(): void {
    this.#prepare('COMMIT').statement.run();
  }

  rollback(): void {
    if (this.#connection.inTransaction) this.#prepare('ROLLBACK').statement.run();
  }

  /** Runs statements that only define tables and indexes. */
  define(statements: readonly string[]): void {
    for (const sql of statements) this.#connection.exec(sql);
  }

  /** Ends a bulk load: what was loaded is on the disk, and what follows is journalled. */
  makeDurable(): void {
    if (this.path !== ':memory:') {
      const file = openSync(this.path, 'r+');
      fsyncSync(file);
      closeSync(file);
    }
    this.#followCommits();
  }

  #followCommits(): void {
    this.#connection.pragma('journal_mode = WAL');
    this.#connection.pragma('synchronous = NORMAL');
    // Index pages are written again and again: the more of that is gathered, the less goes to the file.
    this.#connection.pragma('wal_autocheckpoint = 8000');
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #execute({ sql, parameters }: Statement): readonly Row[] {
    const { statement, wantsKey } = this.#prepare(sql);
    // Rows come back as the script's select list names them; the driver cannot know their type.
    if (statement.reader) return statement.all(...parameters) as Row[];
    const { lastInsertRowid } = statement.run(...parameters);
    return wantsKey ? [{ key: Number(lastInsertRowid) }] : NO_ROWS;
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    // Filters compile to many texts; the cache must not grow with them.
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const insert = withoutReturning(sql);
    const statement = this.#connection.prepare(forSqlite(insert ?? sql));
    const prepared = { statement, wantsKey: insert !== undefined };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

const NO_ROWS: readonly Row[] = [];
const MAX_STATEMENTS = 500;
