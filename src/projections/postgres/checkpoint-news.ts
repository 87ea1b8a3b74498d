// How far the live generations are, as readers hear of it: told with each commit, and looked up where the telling fails.
import { PostgresConnection, type PostgresOptions } from '../../read-model/postgres-connection.js';
import type { ReaderPool } from '../../read-model/postgres-database.js';
import { ReadModelBehind } from '../read-model-behind.js';
import type { Names } from './names.js';

/** What is told with a commit. */
export function newsOf(unit: string, generation: number, position: string): string {
  return `${unit} ${generation} ${position}`;
}

interface Waiting {
  readonly unit: string;
  readonly position: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Known {
  readonly generation: number;
  readonly position: string;
}

/** While anybody waits, checkpoints are looked up this often; and the connection that hears of them is made anew. */
const POLL_MS = 200;
const RECONNECT_MS = 500;

export class CheckpointNews {
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Set<Waiting>();
  #connection: PostgresConnection | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly options: PostgresOptions,
    private readonly pool: ReaderPool,
    private readonly names: Names,
  ) {}

  /** Begins to listen. Never throws: what is not heard is looked up. */
  async listen(): Promise<void> {
    try {
      const connection = await PostgresConnection.open(this.options);
      if (this.#isClosed) return await connection.cut();
      this.#connection = connection;
      void connection.lost.then(() => this.#listenAgain());
      await connection.listen(this.names.control, (payload) => this.#hear(payload));
    } catch {
      this.#listenAgain();
    }
  }

  /** Resolves once a unit's live generation has applied the event at a position. @throws ReadModelBehind after `timeoutMs` */
  async reached(unit: string, position: string, timeoutMs: number): Promise<void> {
    if ((this.#known.get(unit)?.position ?? '') >= position) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { unit, position, resolve, reject };
    const timer = setTimeout(() => {
      const known = this.#known.get(unit)?.position ?? 'the beginning';
      reject(new ReadModelBehind(`${unit} is at ${known} and has not reached ${position}`));
    }, timeoutMs);
    this.#waiting.add(waiting);
    this.#poll ??= setTimeout(() => void this.#lookUp(), POLL_MS);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  /** Asks the database how far everything is. */
  async lookUp(): Promise<void> {
    const { rows } = await this.pool.query<{ unit: string; number: number; position: string }>(
      `SELECT g.unit, g.number, g.position FROM ${this.names.control}.projection p
       JOIN ${this.names.control}.generation g ON g.unit = p.unit AND g.number = p.live`,
    );
    for (const { unit, number, position } of rows) this.#learn(unit, number, position);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#reconnect);
    clearTimeout(this.#poll);
    for (const { reject } of this.#waiting) reject(new ReadModelBehind('the read models are being closed'));
    await this.#connection?.cut();
  }

  async #lookUp(): Promise<void> {
    // A database that is away is noticed by those who read from it.
    await this.lookUp().catch(() => undefined);
    this.#poll = undefined;
    if (this.#waiting.size > 0 && !this.#isClosed)
      this.#poll = setTimeout(() => void this.#lookUp(), POLL_MS);
  }

  #hear(payload: string): void {
    const [unit = '', generation = '', position = ''] = payload.split(' ');
    this.#learn(unit, Number(generation), position);
  }

  #learn(unit: string, generation: number, position: string): void {
    const known = this.#known.get(unit);
    // Another generation may be made from another log, whose positions do not compare.
    const isOld = known && known.generation >= generation && known.position >= position;
    if (known && (known.generation > generation || isOld)) return;
    this.#known.set(unit, { generation, position });
    for (const waiting of this.#waiting) {
      if (waiting.unit === unit && waiting.position <= position) waiting.resolve();
    }
  }

  #listenAgain(): void {
    this.#connection = undefined;
    // What comes back may be a backup, which is not as far.
    this.#known.clear();
    if (this.#isClosed) return;
    clearTimeout(this.#reconnect);
    this.#reconnect = setTimeout(() => void this.listen(), RECONNECT_MS);
  }
}
