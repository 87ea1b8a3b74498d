// A lost read is begun again where it was.
import { failureOf, readError, tellsLeader } from './failures.js';
import type { EsdbConnection } from './connection.js';
import { pause } from './timing.js';

/** Attempts without anything in between; the client connects anew after a failure, or goes to the leader. */
const ATTEMPTS = 3;
const PAUSE_MS = 30;
/** A read that failed slowly is not tried again: a request has 10 s for everything. */
const LATEST_RETRY_MS = 1500;

/** Whether a read that failed is tried once more. */
export class Retries {
  readonly #connection: EsdbConnection;
  readonly #stream: string | undefined;
  #failures = 0;
  #since = performance.now();

  constructor(connection: EsdbConnection, stream?: string) {
    this.#connection = connection;
    this.#stream = stream;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#since = performance.now();
  }

  /** Pauses before the next attempt. @throws the port's error when there is to be none */
  async failed(error: unknown): Promise<void> {
    const failure = failureOf(error);
    if (tellsLeader(error)) this.#connection.leaderMoved();
    this.#failures += 1;
    const mayPass = failure === 'notLeader' || failure === 'notSent' || failure === 'unknown';
    const isLate = performance.now() - this.#since > LATEST_RETRY_MS;
    if (!mayPass || isLate || this.#failures >= ATTEMPTS) throw readError(error, this.#stream);
    await pause(PAUSE_MS * this.#failures);
  }
}
