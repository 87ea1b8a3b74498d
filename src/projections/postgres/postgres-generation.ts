// One generation of a unit in PostgreSQL: a schema, the checkpoint committed with its rows, and a writer.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import type { StoredEvent } from '../../event-store/event-store.js';
import type { PostgresConnection } from '../../read-model/postgres-connection.js';
import { isPassing } from '../../read-model/postgres-errors.js';
import { row, run, type Script } from '../../read-model/script.js';
import { ProjectionStopped } from '../generation.js';
import type { ProjectionUnit, ProjectionWriter } from '../projection.js';
import { newsOf } from './checkpoint-news.js';
import type { Names } from './names.js';

/** The last event that a generation has applied. Where it stands tells whether the log is still the same. */
export type Checkpoint = Pick<StoredEvent, 'id' | 'position' | 'stream' | 'revision'>;

/** Events in order of position, and how far they reach: what no projection reads is left out of them. */
export interface Batch {
  readonly events: readonly LedgerEvent[];
  readonly until: Checkpoint;
  /** Events of the log that the batch covers. */
  readonly count: number;
}

/** Somebody else has moved the checkpoint since this owner read it: nothing of the batch was kept. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

/** A newer release keeps the unit: an older one would only undo its work. */
export class NewerGeneration extends Error {
  override readonly name = 'NewerGeneration';

  constructor({ name, version }: ProjectionUnit, live: number) {
    super(
      `the live generation of ${name} is of version ${live}, made by a newer release; this one has ${version}`,
    );
  }
}

type GenerationRow = {
  number: number;
  version: number;
  position: string;
  event_id: string;
  stream: string;
  revision: number;
  events: number;
};

export class PostgresGeneration {
  readonly #control: string;
  #writer: ProjectionWriter;
  #checkpoint: Checkpoint | undefined;
  #events: number;
  #isComplete: boolean;

  private constructor(
    private readonly connection: PostgresConnection,
    private readonly names: Names,
    readonly unit: ProjectionUnit,
    readonly number: number,
    state: { checkpoint: Checkpoint | undefined; events: number; isComplete: boolean },
  ) {
    this.#control = names.control;
    this.#checkpoint = state.checkpoint;
    this.#events = state.events;
    this.#isComplete = state.isComplete;
    this.#writer = this.#newWriter();
  }

  /** Makes an empty generation. `isBulkLoad` leaves values unindexed until `finishBulkLoad`. The connection becomes its own. */
  static async create(
    connection: PostgresConnection,
    names: Names,
    unit: ProjectionUnit,
    { isBulkLoad }: { readonly isBulkLoad: boolean },
  ): Promise<PostgresGeneration> {
    // One transaction: a schema that no row names would never be removed.
    await connection.execute('BEGIN');
    const [taken] = await connection.execute(`UPDATE ${names.control}.projection
      SET next_number = next_number + 1 WHERE unit = '${unit.name}' RETURNING next_number - 1 AS number`);
    const number = Number(taken?.['number']);
    const schema = names.generation(unit.name, number);
    await connection.execute(`CREATE SCHEMA ${schema}; SET search_path = ${schema}`);
    // A batch looks for what it changes by id, in a bulk load as well.
    await connection.define([...unit.tables, ...unit.indexes]);
    await connection.execute(`INSERT INTO ${names.control}.generation (unit, number, version, is_complete)
      VALUES ('${unit.name}', ${number}, ${unit.version}, ${isBulkLoad ? 0 : 1})`);
    const state = { checkpoint: undefined, events: 0, isComplete: !isBulkLoad };
    const generation = new PostgresGeneration(connection, names, unit, number, state);
    if (isBulkLoad) await connection.run(generation.#begin());
    await connection.execute('COMMIT');
    return generation;
  }

  /**
   * Opens the live generation; undefined when there is none, or one of an older version.
   * @throws NewerGeneration
   */
  static async openLive(
    connection: PostgresConnection,
    names: Names,
    unit: ProjectionUnit,
  ): Promise<PostgresGeneration | undefined> {
    const found = await connection.run(liveRow(names.control, unit.name));
    if (found && found.version > unit.version) throw new NewerGeneration(unit, found.version);
    if (found?.version !== unit.version) return undefined;
    await connection.execute(`SET search_path = ${names.generation(unit.name, found.number)}`);
    const { number, position, event_id: id, stream, revision, events } = found;
    const checkpoint = position === '' ? undefined : { position, id, stream, revision };
    const state = { checkpoint, events, isComplete: true };
    const generation = new PostgresGeneration(connection, names, unit, number, state);
    generation.isLive = true;
    return generation;
  }

  /** Whether readers see it: only then are its checkpoints told to them. */
  isLive = false;

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** How many events of the log it has seen. */
  get events(): number {
    return this.#events;
  }

  /**
   * Applies a batch in one transaction, and tells its end to those who listen.
   * @throws ProjectionStopped at the first event that cannot be applied; those before it are applied
   * @throws CheckpointMoved, DatabaseUnavailable
   */
  async applyBatch(batch: Batch): Promise<void> {
    try {
      await this.#commit(batch);
    } catch (error) {
      if (isPassing(error) || error instanceof CheckpointMoved) throw error;
      await this.#applySingly(batch);
    }
  }

  /** Makes the index that a bulk load left out; the generation is complete afterwards. */
  async finishBulkLoad(): Promise<void> {
    await this.connection.transaction(() => this.#finish());
    await this.#analyze();
    this.#isComplete = true;
  }

  // Or the first readers would be answered by plans for empty tables.
  async #analyze(): Promise<void> {
    const [tables] = await this.connection.execute(
      `SELECT string_agg(quote_ident(tablename), ', ') AS names FROM pg_tables WHERE schemaname = current_schema()`,
    );
    await this.connection.execute(`ANALYZE ${tables?.['names']}`);
  }

  *#begin(): Script<void> {
    yield* this.#writer.beginBulkLoad?.() ?? [];
  }

  *#finish(): Script<void> {
    yield* this.#writer.finishBulkLoad();
    yield* run(
      `UPDATE ${this.#control}.generation SET is_complete = 1 WHERE unit = ? AND number = ?`,
      this.unit.name,
      this.number,
    );
  }

  // A batch fails as a whole: one event after the other tells which of them it was.
  async #applySingly({ events, until, count }: Batch): Promise<void> {
    for (const event of events) {
      try {
        await this.#commit({ events: [event], until: event, count: 1 });
      } catch (error) {
        if (isPassing(error) || error instanceof CheckpointMoved) throw error;
        throw new ProjectionStopped(this.unit.name, event, error);
      }
    }
    await this.#commit({ events: [], until, count: count - events.length });
  }

  async #commit(batch: Batch): Promise<void> {
    const events = this.#events + batch.count;
    try {
      await this.connection.transaction(() => this.#apply(batch, events));
    } catch (error) {
      this.#writer = this.#newWriter();
      throw error;
    }
    const { id, position, stream, revision } = batch.until;
    this.#checkpoint = { id, position, stream, revision };
    this.#events = events;
  }

  *#apply({ events, until }: Batch, total: number): Script<void> {
    // First of all: keys are given out in memory, which only the one who holds this row may do.
    yield* this.#claim();
    yield* this.#writer.prepare?.(events) ?? [];
    for (const event of events) yield* this.#writer.apply(event);
    yield* this.#writer.flush?.() ?? [];
    yield* run(
      `UPDATE ${this.#control}.generation SET position = ?, event_id = ?, stream = ?, revision = ?, events = ?
       WHERE unit = ? AND number = ?`,
      until.position,
      until.id,
      until.stream,
      until.revision,
      total,
      this.unit.name,
      this.number,
    );
    if (this.isLive)
      yield* run(
        'SELECT pg_notify(?, ?)',
        this.#control,
        newsOf(this.unit.name, this.number, until.position),
      );
  }

  // Compare-and-set: were there ever two owners, the second one's rows would not be committed.
  *#claim(): Script<void> {
    const found = yield* row<{ position: string }>(
      `SELECT position FROM ${this.#control}.generation WHERE unit = ? AND number = ? FOR UPDATE`,
      this.unit.name,
      this.number,
    );
    if (found?.position === (this.#checkpoint?.position ?? '')) return;
    throw new CheckpointMoved(`another process moved the checkpoint of ${this.unit.name}`);
  }

  #newWriter(): ProjectionWriter {
    return this.unit.writer({ isBulkLoad: !this.#isComplete, isBatched: true });
  }
}

function* liveRow(control: string, unit: string): Script<GenerationRow | undefined> {
  return yield* row<GenerationRow>(
    `SELECT g.number, g.version, g.position, g.event_id, g.stream, g.revision, g.events
     FROM ${control}.projection p JOIN ${control}.generation g ON g.unit = p.unit AND g.number = p.live
     WHERE p.unit = ? AND g.is_complete = 1`,
    unit,
  );
}
