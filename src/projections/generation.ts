// One generation of a unit's read model: a database, the checkpoint committed with its rows, and a writer.
import { row, run, type Script } from '../read-model/script.js';
import { SqliteDatabase } from '../read-model/sqlite-database.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { ProjectionUnit, ProjectionWriter } from './projection.js';

/** How far a generation has applied the log. */
export interface Checkpoint {
  readonly position: string;
  readonly eventId: string;
}

/** An event that a projection cannot apply. */
export class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';

  constructor(
    readonly unit: string,
    readonly event: Pick<LedgerEvent, 'id' | 'type' | 'stream' | 'revision' | 'position'>,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `${unit} cannot apply ${event.type} (${event.stream}@${event.revision}, ${event.position}): ${reason}`,
      {
        cause,
      },
    );
  }
}

const CHECKPOINT_TABLE = `CREATE TABLE checkpoint (unit TEXT PRIMARY KEY, version INTEGER NOT NULL,
  position TEXT NOT NULL, event_id TEXT NOT NULL, is_bulk_load INTEGER NOT NULL)`;

/** A rebuild runs beside the live generation's cache; sorting takes as much again. */
const BULK_CACHE_KIB = 12 * 1024;

export class Generation {
  readonly #writer: ProjectionWriter;
  #checkpoint: Checkpoint | undefined;
  #committed: Checkpoint | undefined;

  private constructor(
    readonly unit: ProjectionUnit,
    readonly number: number,
    readonly database: SqliteDatabase,
    checkpoint: Checkpoint | undefined,
    isBulkLoad: boolean,
  ) {
    this.#checkpoint = checkpoint;
    this.#committed = checkpoint;
    this.#writer = unit.writer({ isBulkLoad });
  }

  /** Makes an empty generation. `isBulkLoad` leaves indexes for `finishBulkLoad`. */
  static create(
    unit: ProjectionUnit,
    number: number,
    path: string,
    { isBulkLoad }: { readonly isBulkLoad: boolean },
  ): Generation {
    const database = new SqliteDatabase(path, isBulkLoad ? { isBulkLoad, cacheKiB: BULK_CACHE_KIB } : {});
    database.define([...unit.tables, ...(isBulkLoad ? [] : unit.indexes), CHECKPOINT_TABLE]);
    database.run(
      run(
        'INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?)',
        unit.name,
        unit.version,
        '',
        '',
        isBulkLoad ? 1 : 0,
      ),
    );
    return new Generation(unit, number, database, undefined, isBulkLoad);
  }

  /** Opens a complete generation; undefined when it is unfinished, of another version, or not readable. */
  static open(unit: ProjectionUnit, number: number, path: string): Generation | undefined {
    let database: SqliteDatabase | undefined;
    try {
      database = new SqliteDatabase(path);
      const state = database.run(checkpointRow(unit.name));
      if (state?.version === unit.version && state.is_bulk_load === 0) {
        const { position, event_id: eventId } = state;
        const checkpoint = position === '' ? undefined : { position, eventId };
        return new Generation(unit, number, database, checkpoint, false);
      }
    } catch {
      // A damaged file is no loss: whoever asks builds the generation anew from the log.
    }
    database?.close();
    return undefined;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Applies events inside the transaction that is open. The checkpoint moves with `commit`. */
  apply(events: Iterable<LedgerEvent>): void {
    for (const event of events) {
      try {
        this.database.run(this.#writer.apply(event));
      } catch (error) {
        throw new ProjectionStopped(this.unit.name, event, error);
      }
      this.#checkpoint = { position: event.position, eventId: event.id };
    }
  }

  begin(): void {
    this.database.begin();
  }

  /** Commits the applied events' rows together with the checkpoint. */
  commit(): void {
    if (this.#writer.flush) this.database.run(this.#writer.flush());
    this.database.run(this.#saveCheckpoint());
    this.database.commit();
    this.#committed = this.#checkpoint;
  }

  rollback(): void {
    this.database.rollback();
    this.#checkpoint = this.#committed;
    this.#writer.forget();
  }

  /** Applies events in a transaction of their own. */
  applyBatch(events: Iterable<LedgerEvent>): void {
    this.begin();
    try {
      this.apply(events);
      this.commit();
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Makes the indexes that a bulk load left out; the generation is complete afterwards. */
  finishBulkLoad(): void {
    this.database.transaction(() => this.#writer.finishBulkLoad());
    this.database.define(this.unit.indexes);
    this.database.makeDurable();
    this.database.run(run('UPDATE checkpoint SET is_bulk_load = 0 WHERE unit = ?', this.unit.name));
  }

  close(): void {
    this.database.close();
  }

  // Compare-and-set: were there ever two owners, the second one's rows would not be committed.
  *#saveCheckpoint(): Script<void> {
    if (this.#checkpoint === this.#committed || !this.#checkpoint) return;
    const saved = yield* row<{ unit: string }>(
      'UPDATE checkpoint SET position = ?, event_id = ? WHERE unit = ? AND position = ? RETURNING unit',
      this.#checkpoint.position,
      this.#checkpoint.eventId,
      this.unit.name,
      this.#committed?.position ?? '',
    );
    if (!saved) throw new Error(`another process moved the checkpoint of ${this.unit.name}`);
  }
}

function* checkpointRow(
  unit: string,
): Script<{ version: number; position: string; event_id: string; is_bulk_load: number } | undefined> {
  return yield* row<{ version: number; position: string; event_id: string; is_bulk_load: number }>(
    'SELECT version, position, event_id, is_bulk_load FROM checkpoint WHERE unit = ?',
    unit,
  );
}
