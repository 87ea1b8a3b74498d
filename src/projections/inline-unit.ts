import type { EventCodec } from '../event-store/envelope/event-codec.js';
import { ReadModelBehind } from './read-model-behind.js';
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
  #isBehind = false;

  constructor(
    private generation: Generation,
    private readonly source: LogSource,
    private readonly codec: EventCodec,
  ) {}

  /** Whether rows are missing that the log has. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  get live(): Generation {
    return this.generation;
  }

  /** For reading: never behind the log. @throws ReadModelBehind while it cannot catch up */
  get database(): SqliteDatabase {
    this.#catchUp();
    return this.generation.database;
  }

  /** @throws ReadModelBehind while earlier events are missing: later ones must not be applied over the gap */
  begin(): void {
    this.#catchUp();
    this.generation.begin();
  }

  apply(events: readonly StoredEvent[]): void {
    const read = events.filter(({ stream }) => !stream.includes(CLAIM_MARK));
    this.generation.apply(read.map((event) => this.codec.open(event)));
  }

  savepoint(): void {
    this.#atSavepoint = this.generation.checkpoint;
    this.generation.database.savepoint();
  }

  rollbackToSavepoint(): void {
    this.generation.database.rollbackToSavepoint();
    this.generation.restoreCheckpoint(this.#atSavepoint);
  }

  releaseSavepoint(): void {
    this.generation.database.releaseSavepoint();
  }

  commit(): void {
    this.generation.commit();
  }

  rollback(): void {
    this.generation.rollback();
  }

  /** The log has what these rows lack: whoever reads or writes next catches up first. */
  outOfStep(): void {
    this.#isBehind = true;
  }

  #catchUp(): void {
    if (!this.#isBehind) return;
    try {
      this.generation.rollback();
      catchUp(this.generation, this.source, this.codec);
    } catch (error) {
      throw new ReadModelBehind('The read model is behind the log and cannot catch up', { cause: error });
    }
    this.#isBehind = false;
  }

  /** Puts a filled generation in the live one's place. Must run while no commit does. Returns the former one. */
  switchTo(next: Generation): Generation {
    catchUp(next, this.source, this.codec);
    const former = this.generation;
    this.generation = next;
    return former;
  }
}
