import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { CommitParticipant } from '../event-store/sqlite/commit-participant.js';
import type { SqliteDatabase } from '../read-model/sqlite-database.js';
import { catchUp, type LogSource } from './fill-generation.js';
import type { Checkpoint, Generation } from './generation.js';

/**
 * A unit whose rows are committed in step with the log: what was written can be read at once, and an event that the
 * read model cannot take is never appended.
 */
export class InlineUnit implements CommitParticipant {
  #atSavepoint: Checkpoint | undefined;

  constructor(
    private generation: Generation,
    private readonly source: LogSource,
    private readonly codec: EventCodec,
  ) {}

  get live(): Generation {
    return this.generation;
  }

  get database(): SqliteDatabase {
    return this.generation.database;
  }

  begin(): void {
    this.generation.begin();
  }

  apply(events: readonly StoredEvent[]): void {
    const read = events.filter(({ stream }) => !stream.includes(CLAIM_MARK));
    this.generation.apply(read.map((event) => this.codec.open(event)));
  }

  savepoint(): void {
    this.#atSavepoint = this.generation.checkpoint;
    this.database.savepoint();
  }

  rollbackToSavepoint(): void {
    this.database.rollbackToSavepoint();
    this.generation.restoreCheckpoint(this.#atSavepoint);
  }

  releaseSavepoint(): void {
    this.database.releaseSavepoint();
  }

  commit(): void {
    this.generation.commit();
  }

  rollback(): void {
    this.generation.rollback();
  }

  /** The log has what these rows lack: catch up before anything reads them. */
  outOfStep(): void {
    this.generation.rollback();
    catchUp(this.generation, this.source, this.codec);
  }

  /** Puts a filled generation in the live one's place. Must run while no commit does. Returns the former one. */
  switchTo(next: Generation): Generation {
    catchUp(next, this.source, this.codec);
    const former = this.generation;
    this.generation = next;
    return former;
  }
}
