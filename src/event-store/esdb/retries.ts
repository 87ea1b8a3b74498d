// A lost read is begun again where it was.
import { failureOf, readError, tellsLeader } from './failures.js';
import type { EsdbConnection } from './connection.js';
import { pause } from './timing.js';

/** Attempts without anything in between; the client connects anew after a failure, or goes to the leader. */
const ATTEMPTS = 3;
const PAUSE_MS = 30;

/** Whether a read that failed is tried once more. */
export class Retries {
  readonly #connection: EsdbConnection;
  readonly #stream: string | undefined;
  #failures = 0;

  constructor(connection: EsdbConnection, stream?: string) {
    this.#connection = connection;
    this.#stream = stream;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Pauses before the next attempt. @throws the port's error when there is to be none */
  async failed(error: unknown): Promise<void> {
    const failure = failureOf(error);
    if (tellsLeader(error)) this.#connection.leaderMoved();
    this.#failures += 1;
    const mayPass = failure === 'notLeader' || failure === 'notSent' || failure === 'unknown';
    if (!mayPass || this.#failures >= ATTEMPTS) throw readError(error, this.#stream);
    await pause(PAUSE_MS * this.#failures);
  }
}
