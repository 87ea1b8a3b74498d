import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { Question } from '../read-model/read-database.js';
import type { Script } from '../read-model/script.js';

/** A projection at work on one generation. It may keep caches of that generation's rows. */
export interface ProjectionWriter {
  /** The rows that follow from one event. Throws when the event cannot be applied: the projection stops there. */
  apply(event: LedgerEvent): Script<void>;
  /** Reads at once what a batch of events will ask for. Only of writers that gather. */
  prepare?(events: readonly LedgerEvent[]): Script<void>;
  /** Writes what `apply` kept in memory; before each commit. */
  flush?(): Script<void>;
  /** Before a bulk load: takes away what would be in its way. Only of writers that gather. */
  beginBulkLoad?(): Script<void>;
  /** After a bulk load: makes the indexes that it left out. */
  finishBulkLoad(): Script<void>;
  /** The transaction that the writer's last statements belong to was rolled back: forget what was cached. */
  forget(): void;
}

export interface WriterOptions {
  /** Indexes are left for `finishBulkLoad`. */
  readonly isBulkLoad: boolean;
  /** Rows are gathered in memory from `prepare` to `flush`: for a database where each statement is a journey. */
  readonly isBatched?: boolean;
}

/**
 * A unit of read models with one checkpoint: events in, rows out. Everything it holds follows from the log, so any
 * generation can be deleted and made again.
 */
export interface ProjectionUnit {
  readonly name: string;
  /** Version of tables and rules. Another version than a generation's own means that it is rebuilt before use. */
  readonly version: number;
  readonly tables: readonly string[];
  /** Made after a bulk load, at once otherwise. */
  readonly indexes: readonly string[];
  writer(options: WriterOptions): ProjectionWriter;
  /**
   * A question that may take long, given as plain data, to be asked where it keeps nobody waiting. The unit's own
   * reader makes it and knows the answer's shape.
   */
  longQuery(request: unknown): Question<unknown>;
}
