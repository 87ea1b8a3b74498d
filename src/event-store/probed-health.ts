import type { EventStore } from './event-store.js';
import { LogHealth, type StoreHealth } from './log-health.js';

/** The health of a log on a server: asked for when somebody wants to know. */
export class ProbedHealth extends LogHealth {
  #last: StoreHealth = { isHealthy: true };

  constructor(private readonly store: Pick<EventStore, 'head'>) {
    super();
  }

  health(): StoreHealth {
    return this.#last;
  }

  async probe(): Promise<StoreHealth> {
    try {
      await this.store.head();
      this.#last = { isHealthy: true };
    } catch (error) {
      this.#last = { isHealthy: false, error: error instanceof Error ? error : new Error(String(error)) };
    }
    return this.#last;
  }
}
