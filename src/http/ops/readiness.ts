import { Injectable, Optional } from '@nestjs/common';
import { LogHealth } from '../../event-store/log-health.js';
import { HeldWrites } from '../../projections/held-writes.js';
import { ReadModels } from '../../projections/read-models.js';

/** Whether requests can be served, and why not. */
@Injectable()
export class Readiness {
  constructor(
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
      const status = await this.readModels.status();
      return status.flatMap(({ name, state, error }) => {
        if (error !== undefined) return [error];
        return state === 'building' ? [`${name} is being built`] : [];
      });
    } catch (error) {
      return [`The read models cannot be reached: ${error instanceof Error ? error.message : String(error)}`];
    }
  }
}
