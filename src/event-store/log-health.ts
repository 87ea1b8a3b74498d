export interface StoreHealth {
  readonly isHealthy: boolean;
  /** What failed last, while unhealthy. */
  readonly error?: Error;
}

/** Tells whether the log can be used. An abstract class, so that it can be injected. */
export abstract class LogHealth {
  /** As far as is known. */
  abstract health(): StoreHealth;
  /** Finds out, when unhealthy: a store that nobody writes to because it is unhealthy must be able to heal. */
  abstract probe(): StoreHealth | Promise<StoreHealth>;
}
