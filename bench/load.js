// The handle of the load client, which runs in a process of its own (load-child.js).
import { fork } from 'node:child_process';

const DEFAULTS = { from: 0, inFlight: 1, prefix: 'user', round: 0, wantsIds: false };

export class LoadClient {
  #child = fork(new URL('./load-child.js', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  #pending = new Map();
  #lastNumber = 0;

  constructor() {
    this.#child.on('message', ({ number, result, error }) => {
      const { resolve, reject } = this.#pending.get(number);
      this.#pending.delete(number);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('The load client ended.'));
      this.#pending.clear();
    });
  }

  /**
   * Runs `count` operations against `target` with `inFlight` in flight.
   *
   * @param target `{ url, token }`: the Tenant URL on 127.0.0.1 and its bearer token
   * @param job `operation` (create, initialCycle, patch, request), `count`, and what that operation needs: `from` and
   *   `prefix` (which people), `round`, `ids` (PATCH), `requests` (`{ method, path, body?, status, contains? }`),
   *   `wantsIds`
   * @returns `{ count, elapsedMs, perSecond, p50Ms, p99Ms, ids }`; rejects at the first unexpected answer
   */
  run(target, job) {
    const number = ++this.#lastNumber;
    const { url, token } = target;
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      this.#child.send({ number, job: { ...DEFAULTS, ...job, target: { url, token } } });
    });
  }

  close() {
    this.#child.disconnect();
  }
}
