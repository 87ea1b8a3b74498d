import pg from 'pg';
import { Interned } from './documents.js';
import { clientConfig, SESSION, type PostgresOptions } from './postgres-connection.js';
import { isPassing, stateOf, toUnavailable } from './postgres-errors.js';
import { queryOf, rowsOf } from './postgres-statements.js';
import type { Question, ReadDatabase } from './read-database.js';
import type { Script } from './script.js';

/** No reader keeps a request waiting longer than this, in ms. A long search ends itself before. */
const STATEMENT_TIMEOUT_MS = 5000;
/** When not even the time-out is answered. */
const ANSWER_TIMEOUT_MS = 6000;

export type ReaderPool = pg.Pool;

/** Connections for readers, shared by all units of a process. */
export function openPool(options: PostgresOptions, size: number): ReaderPool {
  const pool = new pg.Pool({ ...clientConfig(options), max: size, query_timeout: ANSWER_TIMEOUT_MS });
  pool.on('connect', (client) => {
    const limits = `SET statement_timeout = ${STATEMENT_TIMEOUT_MS};
      SET idle_in_transaction_session_timeout = ${2 * STATEMENT_TIMEOUT_MS}`;
    client.query(`${SESSION}; ${limits}`).catch(() => undefined);
  });
  // An idle connection that is lost leaves the pool by itself.
  pool.on('error', () => undefined);
  return pool;
}

/** There is no generation to read yet, or none of this version. */
export class NoLiveGeneration extends Error {
  override readonly name = 'NoLiveGeneration';
}

interface Live {
  readonly schema: string;
  readonly interned: Interned;
}

const MAX_ATTEMPTS = 3;
/** A question that failed late is not asked again: somebody waits for the answer. */
const REPEAT_WITHIN_MS = 1000;
// A generation that was replaced after its schema was looked up: its tables are gone.
const GONE_STATES = new Set(['42P01', '3F000']);

/**
 * A unit's live generation as readers see it. Which one is live is looked up inside each question's own transaction,
 * so that a question sees either the generation before a switch or the one after it.
 */
export class PostgresDatabase implements ReadDatabase {
  readonly #begin: string;
  #live: Live | undefined;

  /**
   * @param liveSchema SQL, without parameters, for one row with the column `schema` of the live generation, or none
   */
  constructor(
    private readonly pool: pg.Pool,
    liveSchema: string,
  ) {
    this.#begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
      SELECT live.schema, set_config('search_path', live.schema, true) FROM (${liveSchema}) AS live`;
  }

  async ask<T>(question: Question<T>): Promise<T> {
    return this.read(question);
  }

  /** @throws NoLiveGeneration, DatabaseUnavailable */
  async read<T>(question: Question<T>): Promise<T> {
    const [answer] = await this.readEach([question]);
    return answer as T;
  }

  /** @throws NoLiveGeneration, DatabaseUnavailable */
  async readEach<T>(questions: readonly Question<T>[]): Promise<readonly T[]> {
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(questions);
      } catch (error) {
        const isLate = attempt >= MAX_ATTEMPTS || performance.now() - started > REPEAT_WITHIN_MS;
        if (isLate || !isWorthRepeating(error)) throw toUnavailable(error);
      }
    }
  }

  async #attempt<T>(questions: readonly Question<T>[]): Promise<readonly T[]> {
    const client = await this.pool.connect();
    let failure: Error | undefined;
    try {
      const answers = await this.#onSnapshot(client, questions);
      finish(client, 'COMMIT');
      return answers;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      if (isPassing(error)) client.release(failure);
      else finish(client, 'ROLLBACK');
      throw error;
    }
  }

  // The first statements are sent along with the beginning, in the belief that no switch has happened. No script sees
  // a row before that is known: what it remembers of names belongs to one generation.
  async #onSnapshot<T>(client: pg.PoolClient, questions: readonly Question<T>[]): Promise<readonly T[]> {
    const begun = begin(client, this.#begin);
    const believed = this.#live ?? (this.#live = liveOf(await begun));
    const checked = begun.then((schema) => this.#check(believed, schema));
    const scripts = questions.map((question) => run(client, question(believed.interned), checked));
    // All of them have ended before the connection serves somebody else.
    await Promise.allSettled([checked, ...scripts]);
    await checked;
    return Promise.all(scripts);
  }

  #check(believed: Live, schema: string | undefined): void {
    if (schema === believed.schema) return;
    if (this.#live === believed) this.#live = undefined;
    throw schema === undefined ? noLiveGeneration() : new SwitchedMeanwhile('another generation is live');
  }
}

function liveOf(schema: string | undefined): Live {
  if (schema === undefined) throw noLiveGeneration();
  return { schema, interned: new Interned() };
}

function noLiveGeneration(): NoLiveGeneration {
  return new NoLiveGeneration('there is no live generation of the read model of this version yet');
}

/** Another generation was put in the place of the one that was read. */
class SwitchedMeanwhile extends Error {
  override readonly name = 'SwitchedMeanwhile';
}

function isWorthRepeating(error: unknown): boolean {
  return error instanceof SwitchedMeanwhile || GONE_STATES.has(stateOf(error) ?? '') || isPassing(error);
}

async function begin(client: pg.PoolClient, sql: string): Promise<string | undefined> {
  // Several statements give a list of results, which the client's types do not know.
  const results = (await client.query(sql)) as unknown as readonly pg.QueryResult<{ schema: string }>[];
  return results.at(-1)?.rows[0]?.schema;
}

// Nobody waits for the end of a transaction that only read.
function finish(client: pg.PoolClient, sql: 'COMMIT' | 'ROLLBACK'): void {
  client.query(sql).then(
    () => client.release(),
    (error: Error) => client.release(error),
  );
}

async function run<T>(client: pg.PoolClient, script: Script<T>, checked: Promise<void>): Promise<T> {
  let step = script.next();
  while (!step.done) {
    const [result] = await Promise.all([client.query(queryOf(step.value)), checked]);
    step = script.next(rowsOf(result));
  }
  return step.value;
}
