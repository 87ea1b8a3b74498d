import { Inject, Injectable, Optional } from '@nestjs/common';
import { EVENT_STORE, type EventStore } from '../../event-store/event-store.js';
import { LogHealth } from '../../event-store/log-health.js';
import { HeldWrites } from '../../projections/held-writes.js';
import { lagOf } from '../../projections/lag.js';
import { ReadModels, type ProjectionStatus } from '../../projections/read-models.js';

/** A projection that is further behind than this, in seconds, is not keeping up. */
const LAG_LIMIT_SECONDS = 30;

/** Whether requests can be served, and why not. */
@Injectable()
export class Readiness {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    private readonly log: LogHealth,
    private readonly readModels: ReadModels,
    @Optional() private readonly heldWrites?: HeldWrites,
  ) {}

  /** What keeps requests from being served; nothing when they can be. */
  async reasons(): Promise<readonly string[]> {
    const isBehind = this.heldWrites?.isOpen === false;
    return [
      ...(await this.#ofLog()),
      ...(await this.#ofReadModels()),
      ...(isBehind ? ['The read models are too far behind the log: writes are refused'] : []),
    ];
  }

  async #ofLog(): Promise<readonly string[]> {
    const { isHealthy, error } = await this.log.probe();
    return isHealthy ? [] : [error?.message ?? 'the event log cannot be written'];
  }

  async #ofReadModels(): Promise<readonly string[]> {
    try {
      const all = await this.readModels.status();
      return (await Promise.all(all.map((status) => this.#ofProjection(status)))).flat();
    } catch (error) {
      return [`The read models cannot be reached: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  async #ofProjection(status: ProjectionStatus): Promise<readonly string[]> {
    const { name, state, error, version, generationVersion = version } = status;
    if (error !== undefined) return [error];
    if (state === 'building') return [`${name} is being built`];
    if (generationVersion !== version) return [`${name} has no generation of this version yet`];
    // Where read models are in this process, they are in step, or follow when somebody reads.
    if (!this.heldWrites) return [];
    const { seconds } = await lagOf(this.store, status.position);
    return seconds > LAG_LIMIT_SECONDS ? [`${name} is ${Math.round(seconds)} s behind the log`] : [];
  }
}
