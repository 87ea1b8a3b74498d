// What a worker thread needs to read the log by itself: its own read-only connections.
import type { ResourceLimits } from 'node:worker_threads';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { KeyStore } from '../keys/key-store.js';
import type { LogSource } from './fill-generation.js';

/** Where log and keys are; copied to the worker. */
export interface LogLocation {
  readonly logPath: string;
  readonly keysPath: string;
  readonly secretKey: Uint8Array;
}

export interface OpenLog {
  readonly source: LogSource;
  readonly codec: EventCodec;
  close(): void;
}

export function openLogReadOnly({ logPath, keysPath, secretKey }: LogLocation): OpenLog {
  const source = SqliteEventStore.openReadOnly(logPath);
  const keys = KeyStore.openReadOnly({ path: keysPath, secretKey: Buffer.from(secretKey) });
  return {
    source,
    codec: new EventCodec(keys),
    close: () => {
      source.close();
      keys.close();
    },
  };
}

/** Memory of a worker's heap: it holds a batch of events and a few caches, however long the log is. */
export const WORKER_LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 };
