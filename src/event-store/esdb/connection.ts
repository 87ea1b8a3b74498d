// The one client of a process for each server: appends that wait for an answer, and connections, are shared by design
// of the client, so that two of them would disturb each other.
import { EventStoreDBClient, type Credentials } from '@eventstore/db-client';
import { StoreMisconfigured } from '../errors.js';
import { readConnectionString } from './connection-string.js';
import { within } from './timing.js';

/** The client waits for every call to end, however long that takes. */
const DISPOSE_MS = 1000;

/** For a server without TLS the client sends no credentials; that some are given chooses the append that has a deadline. */
const NOBODY: Credentials = { username: 'nobody', password: 'nobody' };

export class EsdbConnection {
  readonly client: EventStoreDBClient;
  /**
   * Given with every append, so that the client sends it as a call of its own, with a deadline, and not in the batch
   * that all appends share. Undefined over TLS without a password (user certificates): then it is the batch.
   */
  readonly appendCredentials: Credentials | undefined;
  readonly #leaderListeners = new Set<() => void>();
  #users = 0;

  /** @throws StoreMisconfigured */
  constructor(text: string) {
    const { credentials, isTls } = readConnectionString(text);
    this.appendCredentials = credentials ?? (isTls ? undefined : NOBODY);
    this.client = clientOf(text);
  }

  /** Calls back when the leader is another node than the one asked. Returns the function that ends it. */
  onLeaderMoved(listener: () => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  leaderMoved(): void {
    for (const listener of this.#leaderListeners) listener();
  }

  use(): this {
    this.#users += 1;
    return this;
  }

  /** @returns whether nobody uses it any more */
  release(): boolean {
    this.#users -= 1;
    return this.#users === 0;
  }
}

const connections = new Map<string, EsdbConnection>();

/** @throws StoreMisconfigured */
export function acquireConnection(text: string): EsdbConnection {
  const known = connections.get(text) ?? new EsdbConnection(text);
  connections.set(text, known);
  return known.use();
}

export async function releaseConnection(text: string): Promise<void> {
  const connection = connections.get(text);
  if (!connection?.release()) return;
  connections.delete(text);
  await within(DISPOSE_MS, connection.client.dispose());
}

function clientOf(text: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(text);
  } catch (error) {
    // no cause: the client's parse error carries the whole string
    throw new StoreMisconfigured(`The connection string cannot be used: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it is not understood';
  // of the client's parse error only what it expected is free of the string itself
  if ('expected' in error) return `expected ${String(error.expected)}`;
  return error.message;
}
