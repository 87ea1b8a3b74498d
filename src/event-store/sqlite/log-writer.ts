// One transaction of the log: the statements and the rules of an exact, repeatable append.
import type Database from 'better-sqlite3';
import { RevisionConflict } from '../errors.js';
import type { ExpectedRevision, StoredEvent } from '../event-store.js';
import { type PreparedEvent, storedEvent } from './event-rows.js';
import type { SqliteEventReader } from './event-reader.js';

export interface PreparedAppend {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly PreparedEvent[];
}

export interface WrittenAppend {
  readonly events: readonly StoredEvent[];
  /** The events stood there already: the append is a repetition. */
  readonly isRepeated: boolean;
}

interface StreamRow {
  readonly id: number;
  readonly revision: number;
}

export class LogWriter {
  readonly #reader: SqliteEventReader;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #findStream: Database.Statement<unknown[], StreamRow>;
  readonly #addStream: Database.Statement;
  readonly #advanceStream: Database.Statement;
  readonly #addEvent: Database.Statement;
  readonly #probe: Database.Statement;
  readonly #database: Database.Database;

  constructor(database: Database.Database, reader: SqliteEventReader) {
    this.#database = database;
    this.#reader = reader;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#findStream = database.prepare('SELECT id, revision FROM streams WHERE name = ?');
    this.#addStream = database.prepare('INSERT INTO streams (name, revision) VALUES (?, ?)');
    this.#advanceStream = database.prepare('UPDATE streams SET revision = ? WHERE id = ?');
    this.#addEvent = database.prepare(
      'INSERT INTO events (stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#probe = database.prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)');
  }

  begin(): void {
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  /** SQLite may have rolled back by itself, after a full disk for instance. */
  rollback(): void {
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
  }

  /** A write that changes nothing of the log, to learn whether writing works. */
  probe(): void {
    this.#probe.run(Date.now());
  }

  /** Writes appends to different streams. @throws RevisionConflict before anything of them is written */
  write(appends: readonly PreparedAppend[]): readonly WrittenAppend[] {
    return appends.map((append) => this.#check(append)).map((write) => write());
  }

  #check(append: PreparedAppend): () => WrittenAppend {
    const { stream, expectedRevision, events } = append;
    const row = this.#findStream.get(stream);
    const actual = row?.revision ?? 'noStream';
    if (actual === expectedRevision) {
      return () => ({ events: events.length === 0 ? [] : this.#insert(append, row), isRepeated: false });
    }
    const stored = this.#repeated(append);
    if (stored === undefined) throw new RevisionConflict(stream, expectedRevision, actual);
    return () => ({ events: stored, isRepeated: true });
  }

  #insert({ stream, events }: PreparedAppend, row: StreamRow | undefined): StoredEvent[] {
    const first = row === undefined ? 0 : row.revision + 1;
    const streamId = this.#advance(stream, row, first + events.length - 1);
    return events.map((event, index) => {
      const { id, envelope, dataJson, metadataJson } = event;
      const revision = first + index;
      const added = this.#addEvent.run(streamId, revision, id, envelope.type, dataJson, metadataJson);
      return storedEvent(event, stream, revision, Number(added.lastInsertRowid));
    });
  }

  #advance(stream: string, row: StreamRow | undefined, revision: number): number | bigint {
    if (row === undefined) return this.#addStream.run(stream, revision).lastInsertRowid;
    this.#advanceStream.run(revision, row.id);
    return row.id;
  }

  #repeated({ stream, expectedRevision, events }: PreparedAppend): StoredEvent[] | undefined {
    if (events.length === 0) return undefined;
    const from = expectedRevision === 'noStream' ? 0 : expectedRevision + 1;
    const stored = this.#reader.readStreamSync(stream, { from, maxCount: events.length });
    const isSame =
      stored.length === events.length && stored.every(({ id }, index) => id === events[index]?.envelope.id);
    return isSame ? stored : undefined;
  }
}
