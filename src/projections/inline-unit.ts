import type { EventCodec } from '../event-store/envelope/event-codec.js';
import { ReadModelBehind } from './read-model-behind.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { CLAIM_MARK } from '../event-store/stream-names.js';
import type { CommitParticipant } from '../event-store/sqlite/commit-participant.js';
import type { SqliteDatabase } from '../read-model/sqlite-database.js';
import { catchUp, type LogSource } from './fill-generation.js';
import type { Generation } from './generation.js';

/** Rows are committed this long after they were written at the latest, in ms, and after this many events. */
const COMMIT_AFTER_MS = 500;
const COMMIT_AFTER_EVENTS = 2000;

/**
 * A unit whose rows are written in step with the log: what was written can be read at once, and an event that the
 * read model cannot take is never appended. The log alone has to be durable, so the rows of many commits share a
 * transaction: pages that are written again and again go to the disk once. What a crash loses of it is caught up.
 */
export class InlineUnit implements CommitParticipant {
  #isOpen = false;
  #uncommitted = 0;
  #timer: NodeJS.Timeout | undefined;
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

  /** For reading on this connection: never behind the log. @throws ReadModelBehind while it cannot catch up */
  get database(): SqliteDatabase {
    this.begin();
    return this.generation.database;
  }

  /**
   * Opens the transaction, if none is. Reads are in it as well: a lock for each look-up costs more than the look-up.
   * @throws ReadModelBehind while earlier events are missing: later ones must not be applied over the gap
   */
  begin(): void {
    this.#catchUp();
    if (this.#isOpen) return;
    this.generation.begin();
    this.#isOpen = true;
  }

  apply(events: readonly StoredEvent[]): void {
    const read = events.filter(({ stream }) => !stream.includes(CLAIM_MARK));
    this.generation.apply(read.map((event) => this.codec.open(event)));
    this.#uncommitted += read.length;
  }

  commit(): void {
    if (this.#uncommitted >= COMMIT_AFTER_EVENTS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), COMMIT_AFTER_MS).unref();
  }

  /** Commits what was written, for other connections to see. Never throws: rows that are lost are caught up. */
  flush(): void {
    if (!this.#isOpen) return;
    try {
      this.generation.commit();
      this.#ended();
    } catch {
      this.outOfStep();
    }
  }

  /** Earlier rows of the transaction go as well, and are caught up. */
  rollback(): void {
    this.outOfStep();
  }

  /** The log has what these rows lack: whoever reads or writes next catches up first. */
  outOfStep(): void {
    this.#isBehind = true;
    this.generation.rollback();
    this.#ended();
  }

  close(): void {
    this.flush();
    this.generation.close();
  }

  #ended(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isOpen = false;
    this.#uncommitted = 0;
  }

  #catchUp(): void {
    if (!this.#isBehind) return;
    try {
      catchUp(this.generation, this.source, this.codec);
    } catch (error) {
      throw new ReadModelBehind('The read model is behind the log and cannot catch up', { cause: error });
    }
    this.#isBehind = false;
  }

  /** Puts a filled generation in the live one's place. Must run while no commit does. Returns the former one. */
  switchTo(next: Generation): Generation {
    catchUp(next, this.source, this.codec);
    this.flush();
    const former = this.generation;
    this.generation = next;
    return former;
  }
}
