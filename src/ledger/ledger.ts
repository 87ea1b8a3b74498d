import type { EventLog } from '../event-store/event-log.js';
import type { EventStore } from '../event-store/event-store.js';
import type { LogHealth } from '../event-store/log-health.js';
import type { OwnCommits } from '../event-store/own-commits.js';
import type { DataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import type { Keys } from '../keys/keys.js';
import type { HeldWrites } from '../projections/held-writes.js';
import type { ReadModels } from '../projections/read-models.js';

/** The open state of one process. */
export interface Ledger {
  /** Held by the one process that owns a data directory; undefined where nothing is kept in one. */
  readonly lock: DataDirLock | undefined;
  readonly store: EventStore;
  readonly health: LogHealth;
  /** Undefined where other processes write the log as well. */
  readonly commits: OwnCommits | undefined;
  readonly keys: Keys;
  readonly log: EventLog;
  readonly readModels: ReadModels;
  /** Where read models follow the log by themselves. */
  readonly heldWrites: HeldWrites | undefined;
  close(): Promise<void>;
}

/** Who acts when nobody asked. */
export const SYSTEM_ACTOR = { kind: 'system', id: 'scim-ledger', label: 'SCIM Ledger' } as const;
