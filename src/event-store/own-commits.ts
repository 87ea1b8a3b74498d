import type { StoredEvent } from './event-store.js';

/** News of a log that one process alone writes: of everything that happens. An abstract class, so that it can be injected. */
export abstract class OwnCommits {
  /** Calls back with the new events of every commit, after it. Listeners must not throw. Returns what ends it. */
  abstract onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void;
}
