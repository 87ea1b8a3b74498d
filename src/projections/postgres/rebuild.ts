import type { PostgresConnection } from '../../read-model/postgres-connection.js';
import { startRebuild, type RebuildProgress } from '../rebuild-progress.js';
import { Following, type Live } from './following.js';
import { PostgresGeneration } from './postgres-generation.js';
import type { Tenure } from './tenure.js';
import type { UnitProjectorOptions } from './unit-projector-options.js';
import type { UnitTable } from './unit-table.js';

const SAY_EVERY_MS = 500;

/** Fills a generation from the whole log, beside the live one if there is one, and puts it in its place. */
export class Rebuild {
  readonly #progress: RebuildProgress;
  #connection: PostgresConnection | undefined;
  #following: Following | undefined;
  #isAbandoned = false;
  #hasStoppedFormer = false;
  #saidAt = 0;

  constructor(
    private readonly options: UnitProjectorOptions,
    private readonly tenure: Tenure,
    private readonly table: UnitTable,
    private readonly former: Live | undefined,
  ) {
    // How long the log is, only a generation that has seen it knows.
    this.#progress = startRebuild(former?.generation.events ?? 0);
  }

  /**
   * Resolves when the new generation is live; the former one is not followed any more.
   * @throws ProjectionStopped at an event that cannot be applied, and what may pass
   */
  async run(onApplied: () => void): Promise<Live> {
    await this.#say();
    const { store } = this.options;
    const connection = (this.#connection = await this.tenure.connect());
    const generation = await this.#fill(connection, onApplied);
    const following = (this.#following = new Following(generation, this.options, onApplied));
    const head = await store.head();
    if (head !== undefined) await following.reached(head);
    await this.#switch(generation, following);
    this.#progress.finish();
    await this.#say();
    return { generation, connection, following };
  }

  /** Ends it where it is. The generation it left unfinished is removed by the next. */
  async abandon(reason: unknown): Promise<void> {
    this.#isAbandoned = true;
    await this.#connection?.cut();
    await this.#following?.stop();
    this.#progress.fail(reason);
    await this.#say().catch(() => undefined);
  }

  /** Whether the former generation is not followed any more. */
  get hasStoppedFormer(): boolean {
    return this.#hasStoppedFormer;
  }

  async #fill(connection: PostgresConnection, onApplied: () => void): Promise<PostgresGeneration> {
    const { store, unit, names } = this.options;
    const head = await store.head();
    const isBulkLoad = head !== undefined;
    const generation = await PostgresGeneration.create(connection, names, unit, { isBulkLoad });
    if (head === undefined) return generation;
    const filling = (this.#following = new Following(generation, this.options, () => {
      onApplied();
      this.#report(generation);
    }));
    await filling.reached(head);
    await filling.stop();
    await generation.finishBulkLoad();
    return generation;
  }

  // The live one stands still meanwhile; readers find either it or what has at least as much.
  async #switch(generation: PostgresGeneration, following: Following): Promise<void> {
    this.#hasStoppedFormer = true;
    await this.former?.following.stop();
    const reached = this.former?.generation.checkpoint?.position;
    if (reached !== undefined) await following.reached(reached);
    if (this.#isAbandoned) throw new Error('the rebuild was interrupted');
    generation.isLive = true;
    await this.table.point(generation.number, generation.checkpoint?.position);
  }

  #report({ events }: PostgresGeneration): void {
    this.#progress.report(events);
    const now = Date.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    // Progress that is not told once is told the next time.
    this.#say().catch(() => undefined);
  }

  async #say(): Promise<void> {
    await this.table.sayRebuild(JSON.stringify(this.#progress));
  }
}
