import type Database from 'better-sqlite3';
import type { Position, ReadAllOptions, ReadStreamOptions, StoredEvent } from '../event-store.js';
import { EVENT_COLUMNS, type EventRow, eventOf } from './event-rows.js';
import { openLogReadOnly } from './log-database.js';
import { positionOf, rowOf } from './position.js';

const STREAM_PAGE = 256;
/** A page ends with the event that passes this: whoever reads a log holds a page of it in memory. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;
/** Positions looked at in one statement: a long statement would hold the write-ahead log back. */
const LOG_PAGE = 1000;

// CROSS JOIN fixes the order of the tables: the planner must not start from a stream prefix
const READ_ALL = `
  SELECT ${EVENT_COLUMNS} FROM events e CROSS JOIN streams s ON s.id = e.stream
  WHERE e.position > ? AND e.position <= ?`;

export interface SyncReadStreamOptions {
  /** First revision, inclusive; default 0. */
  readonly from?: number;
  readonly maxCount?: number;
}

/** Reads the embedded log, synchronously or page by page. Used by its writer and by read-only connections alike. */
export class SqliteEventReader {
  readonly #database: Database.Database;
  readonly #forwards: Database.Statement<unknown[], EventRow>;
  readonly #backwards: Database.Statement<unknown[], EventRow>;
  readonly #all: Database.Statement<unknown[], EventRow>;
  readonly #allLimited: Database.Statement<unknown[], EventRow>;
  readonly #allOfPrefix: Database.Statement<unknown[], EventRow>;
  readonly #at: Database.Statement<unknown[], EventRow>;
  readonly #head: Database.Statement<unknown[], number | null>;
  readonly #headExcept: Database.Statement<unknown[], number>;
  readonly #count: Database.Statement<unknown[], number>;
  readonly #countExcept: Database.Statement<unknown[], number>;
  readonly #allExcept: Database.Statement<unknown[], EventRow>;

  constructor(database: Database.Database) {
    const rows = (sql: string) => database.prepare<unknown[], EventRow>(sql).raw();
    // SQLite plans a statement anew for each value that it compares with, unless the value stands behind a sign.
    const ofStream = `SELECT ${EVENT_COLUMNS} FROM streams s CROSS JOIN events e ON e.stream = s.id WHERE s.name = +?`;
    this.#database = database;
    this.#forwards = rows(`${ofStream} AND e.revision >= +? ORDER BY e.revision LIMIT 0 + ?`);
    this.#backwards = rows(`${ofStream} AND e.revision <= +? ORDER BY e.revision DESC LIMIT 0 + ?`);
    this.#all = rows(`${READ_ALL} ORDER BY e.position`);
    this.#allLimited = rows(`${READ_ALL} ORDER BY e.position LIMIT ?`);
    this.#allOfPrefix = rows(`${READ_ALL} AND instr(s.name, ?) = 1 ORDER BY e.position`);
    this.#at = rows(`${READ_ALL} ORDER BY e.position LIMIT 1`);
    this.#head = database.prepare<unknown[], number | null>('SELECT max(position) FROM events').pluck();
    this.#headExcept = database
      .prepare<unknown[], number>(
        `SELECT e.position FROM events e CROSS JOIN streams s ON s.id = e.stream WHERE instr(s.name, ?) = 0
         ORDER BY e.position DESC LIMIT 1`,
      )
      .pluck();
    this.#allExcept = rows(`${READ_ALL} AND instr(s.name, ?) = 0 ORDER BY e.position LIMIT ?`);
    this.#countExcept = database
      .prepare<unknown[], number>('SELECT sum(revision + 1) FROM streams WHERE instr(name, ?) = 0')
      .pluck();
    this.#count = database.prepare<unknown[], number>('SELECT count(*) FROM events').pluck();
  }

  /** @throws Error when the file is missing or is no event log */
  static openReadOnly(path: string): SqliteEventReader {
    return new SqliteEventReader(openLogReadOnly(path));
  }

  /** The position of the last event, except those in streams whose name contains `except`. */
  headSync(except?: string): Position | undefined {
    const row = except === undefined ? this.#head.get() : this.#headExcept.get(except);
    return row === null || row === undefined ? undefined : positionOf(row);
  }

  /** How many events the log holds, except those in streams whose name contains `except`. */
  countSync(except?: string): number {
    return (except === undefined ? this.#count.get() : this.#countExcept.get(except)) ?? 0;
  }

  /** The whole stream, or its tail from a revision on, oldest first. */
  readStreamSync(stream: string, options: SyncReadStreamOptions = {}): StoredEvent[] {
    return this.#forwards.all(stream, options.from ?? 0, options.maxCount ?? -1).map(eventOf);
  }

  /**
   * Up to `limit` events after a position, fewer when they are large; an empty page means the caller has caught up.
   * @param except leaves out streams whose name contains this
   */
  readAllSync(after: Position | undefined, limit: number, except?: string): StoredEvent[] {
    const rows =
      except === undefined
        ? this.#allLimited.iterate(rowOf(after), Number.MAX_SAFE_INTEGER, limit)
        : this.#allExcept.iterate(rowOf(after), Number.MAX_SAFE_INTEGER, except, limit);
    const events: StoredEvent[] = [];
    let size = 0;
    for (const row of rows) {
      events.push(eventOf(row));
      size += row[5].length + row[6].length;
      if (size > PAGE_CHARACTERS) break;
    }
    return events;
  }

  /** The event at exactly this position; undefined when the log has none there. */
  eventAtSync(position: Position): StoredEvent | undefined {
    const row = this.#at.get(rowOf(position) - 1, rowOf(position));
    return row && eventOf(row);
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncGenerator<StoredEvent> {
    const isBackwards = options.direction === 'backwards';
    const page = isBackwards ? this.#backwards : this.#forwards;
    let from = options.from ?? (isBackwards ? Number.MAX_SAFE_INTEGER : 0);
    let left = options.maxCount ?? Number.MAX_SAFE_INTEGER;
    while (left > 0) {
      const size = Math.min(left, STREAM_PAGE);
      const events = page.all(stream, from, size).map(eventOf);
      yield* events;
      const last = events.at(-1);
      if (last === undefined || events.length < size) return;
      left -= events.length;
      from = last.revision + (isBackwards ? -1 : 1);
    }
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<StoredEvent> {
    const end = Math.min(rowOf(options.until ?? this.headSync()), rowOf(this.headSync()));
    for (let after = rowOf(options.after); after < end; after += LOG_PAGE) {
      yield* this.#window(after, Math.min(after + LOG_PAGE, end), options.streamPrefix);
    }
  }

  #window(after: number, until: number, streamPrefix: string | undefined): StoredEvent[] {
    const rows =
      streamPrefix === undefined
        ? this.#all.all(after, until)
        : this.#allOfPrefix.all(after, until, streamPrefix);
    return rows.map(eventOf);
  }

  close(): void {
    this.#database.close();
  }
}
