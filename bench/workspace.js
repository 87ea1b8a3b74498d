// What the measures of one run share: scale, the load client, temporary directories and prepared data.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LoadClient } from './load.js';
import { startServer, stopAll } from './servers.js';

export class Workspace {
  #root = mkdtempSync(join(tmpdir(), 'scim-ledger-bench-'));
  #prepared = new Map();
  #client;
  #lastDirectory = 0;

  constructor({ scale, rounds }) {
    this.scale = scale;
    this.rounds = rounds;
  }

  /** `number` at the chosen scale, never under `least`. */
  count(number, least = 1) {
    return Math.max(least, Math.round(number * this.scale));
  }

  get client() {
    this.#client ??= new LoadClient();
    return this.#client;
  }

  log(text) {
    process.stderr.write(`  ${text}\n`);
  }

  directory() {
    return join(this.#root, `data-${++this.#lastDirectory}`);
  }

  copyOf(directory) {
    const copy = this.directory();
    cpSync(directory, copy, { recursive: true });
    return copy;
  }

  /** What `prepare` returns for this key, made once a run. */
  async prepared(key, prepare) {
    if (!this.#prepared.has(key)) this.#prepared.set(key, await prepare());
    return this.#prepared.get(key);
  }

  start(name, directory = this.directory(), env = {}) {
    return startServer(name, directory, env);
  }

  async close() {
    this.#client?.close();
    await stopAll();
    this.remove();
  }

  remove() {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Starts servers, gives them to `use` by name, and stops them whatever happens. */
export async function withServers(starts, use) {
  const servers = {};
  try {
    for (const [name, start] of Object.entries(starts)) servers[name] = await start();
    return await use(servers);
  } catch (error) {
    // A broken connection is seen before the end of the process that broke it.
    await delay(200);
    const dead = Object.values(servers).flatMap((server) => server.death() ?? []);
    if (dead.length > 0) throw new Error(dead.join('; '), { cause: error });
    throw error;
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}
