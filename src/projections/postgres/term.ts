import { setTimeout as sleep } from 'node:timers/promises';
import { Following, type Live } from './following.js';
import { CheckpointMoved, PostgresGeneration, type Checkpoint } from './postgres-generation.js';
import { Rebuild } from './rebuild.js';
import type { Tenure } from './tenure.js';
import { isTransient } from './transient.js';
import type { UnitProjectorOptions } from './unit-projector-options.js';
import { UnitTable } from './unit-table.js';

/** How often the owner looks for wishes, and that its connection answers; and how long an answer may take. */
const LOOK_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 5000;

/** What an owner does until its tenure is over. */
export class Term {
  readonly #table: UnitTable;
  readonly #owner: string;
  #live: Live | undefined;
  #seenWish = 0;
  #isOver = false;

  /** @param over rejects when the tenure is over */
  constructor(
    private readonly options: UnitProjectorOptions,
    private readonly tenure: Tenure,
    private readonly over: Promise<never>,
  ) {
    over.catch(() => (this.#isOver = true));
    this.#table = new UnitTable(tenure.lock, options.names, options.unit.name);
    this.#owner = options.database.applicationName;
  }

  /**
   * Builds what is missing and follows the log; never resolves.
   * @param onApplied is called after each commit
   * @throws what ended it
   */
  async serve(onApplied: () => void): Promise<never> {
    this.#seenWish = await this.#table.rebuildWanted();
    this.#live = await this.#openLive(onApplied);
    await this.#removeOthers();
    for (;;) {
      const interrupted = this.#live ? Promise.race([this.#failed(this.#live), this.over]) : this.over;
      // It may be over before anybody waits for it.
      interrupted.catch(() => undefined);
      if (this.#live) {
        await this.#table.say('live', this.#owner);
        await Promise.race([this.#wish(), interrupted]);
      } else {
        await this.#table.say('building', this.#owner);
      }
      await this.#rebuild(onApplied, interrupted);
    }
  }

  /** Resolves when nothing is applied any more. */
  async stop(): Promise<void> {
    await this.#live?.following.stop();
  }

  async #rebuild(onApplied: () => void, interrupted: Promise<never>): Promise<void> {
    const former = this.#live;
    const rebuild = new Rebuild(this.options, this.tenure, this.#table, former);
    try {
      this.#live = await Promise.race([rebuild.run(onApplied), interrupted]);
    } catch (error) {
      await rebuild.abandon(error);
      if (this.#isOver) throw error;
      // Beside a live generation that goes on, a rebuild that failed does no harm.
      if (former && !rebuild.hasStoppedFormer) return this.#log(error, 'rebuild failed');
      if (former || isTransient(error)) throw error;
      await this.#sayStopped(error);
      await Promise.race([this.#wish(), this.over]);
      return;
    }
    await former?.connection.close();
    await this.#removeOthers(this.#live.generation.number);
  }

  /** Never resolves. @throws when following is interrupted by what may pass; where it stopped for good it stays so */
  async #failed({ following }: Live): Promise<never> {
    try {
      return await following.failed;
    } catch (error) {
      if (this.#isOver || isTransient(error) || error instanceof CheckpointMoved) throw error;
      await this.#sayStopped(error);
      return this.over;
    }
  }

  async #sayStopped(error: unknown): Promise<void> {
    this.#log(error, 'projection stopped');
    await this.#table.say('stopped', this.#owner, error instanceof Error ? error.message : String(error));
  }

  #log(error: unknown, message: string): void {
    this.options.logger.error({ err: error, projection: this.options.unit.name }, message);
  }

  /** Resolves when somebody has wished for a rebuild. @throws when the owner's connection does not answer */
  async #wish(): Promise<void> {
    for (;;) {
      const wanted = await Promise.race([this.#table.rebuildWanted(), noAnswer(), this.over]);
      if (wanted > this.#seenWish) {
        this.#seenWish = wanted;
        return;
      }
      await Promise.race([sleep(LOOK_EVERY_MS, undefined, { ref: false }), this.over]);
    }
  }

  async #openLive(onApplied: () => void): Promise<Live | undefined> {
    const { unit, names, logger } = this.options;
    const connection = await this.tenure.connect();
    const generation = await PostgresGeneration.openLive(connection, names, unit);
    if (generation && (await this.#isOfThisLog(generation.checkpoint))) {
      return { generation, connection, following: new Following(generation, this.options, onApplied) };
    }
    if (generation) {
      logger.warn({ projection: unit.name }, 'the log is not the one this read model was made from');
    }
    await connection.close();
    return undefined;
  }

  async #isOfThisLog(checkpoint: Checkpoint | undefined): Promise<boolean> {
    if (!checkpoint) return true;
    const { stream, revision, id } = checkpoint;
    for await (const event of this.options.store.readStream(stream, { from: revision, maxCount: 1 })) {
      return event.id === id;
    }
    return false;
  }

  async #removeOthers(below?: number): Promise<void> {
    // Not on the connection that holds the lock: readers may keep this waiting.
    const connection = await this.tenure.connect();
    await new UnitTable(connection, this.options.names, this.options.unit.name).removeOthers(below);
    await connection.close();
  }
}

async function noAnswer(): Promise<never> {
  await sleep(ANSWER_WITHIN_MS, undefined, { ref: false });
  throw new Error('the database does not answer');
}
