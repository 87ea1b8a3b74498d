import { Socket } from 'node:net';
import pg from 'pg';
import type { ScriptDatabase } from './read-database.js';
import { defineForPostgres } from './postgres-dialect.js';
import { toUnavailable } from './postgres-errors.js';
import { queryOf, rowsOf, TYPES } from './postgres-statements.js';
import type { Row, Script, Statement } from './script.js';

export interface PostgresOptions {
  /** A `postgres://` URL. */
  readonly url: string;
  /** Shown in the server's list of connections. */
  readonly applicationName: string;
}

/** A connection that cannot be had within this is not there, in ms. */
const CONNECT_TIMEOUT_MS = 3000;

/**
 * Settings of every session. A commit is acknowledged before it is on the disk: what a crash of the server loses of a
 * read model is caught up from the log. A backend whose client is gone notices within seconds, so that its locks go.
 * Set by statements: not every pooler in between passes them on at the start of a session.
 */
export const SESSION = `SET jit = off; SET synchronous_commit = off; SET tcp_keepalives_idle = 5;
  SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`;

/** Not every system can do this one: the backend looks for its client while it waits for a lock. */
const WATCH_CLIENT = 'SET client_connection_check_interval = 1000';

/** What clients and pools are made with. */
export function clientConfig({ url, applicationName }: PostgresOptions): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    pipeline: true,
    types: TYPES,
  };
}

/** One connection to PostgreSQL, for those who write or hold locks. Statements are sent without waiting for answers. */
export class PostgresConnection implements ScriptDatabase {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #lost = Promise.withResolvers<Error>();
  #isClosing = false;

  private constructor(client: pg.Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    client.on('error', (error) => this.#lost.resolve(error));
    client.on('end', () => this.#lost.resolve(new Error('Connection terminated')));
  }

  /** @throws DatabaseUnavailable; the server's error when it refuses */
  static async open(options: PostgresOptions): Promise<PostgresConnection> {
    // A socket of our own can be cut while the server keeps an answer back.
    const socket = new Socket();
    const client = new pg.Client({ ...clientConfig(options), stream: () => socket });
    const connection = new PostgresConnection(client, socket);
    try {
      await client.connect();
      await client.query(SESSION);
      await client.query(WATCH_CLIENT).catch(() => undefined);
    } catch (error) {
      socket.destroy();
      throw toUnavailable(error);
    }
    return connection;
  }

  /** Resolves when the connection is gone, by whatever end. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /** Runs a script to its end. Statements for their effect alone are not waited for one by one. */
  async run<T>(script: Script<T>): Promise<T> {
    const effects: Promise<unknown>[] = [];
    try {
      return await this.#drive(script, effects);
    } catch (error) {
      throw await firstFailure(effects, error);
    }
  }

  async #drive<T>(script: Script<T>, effects: Promise<unknown>[]): Promise<T> {
    let step = script.next();
    while (!step.done) {
      const result = this.#send(step.value);
      if (step.value.isEffect === true) {
        // Its failure is told when the script ends; the statements behind it fail as well.
        result.catch(() => undefined);
        effects.push(result);
        step = script.next(NO_ROWS);
      } else {
        step = script.next(rowsOf(await result));
      }
    }
    await Promise.all(effects);
    return step.value;
  }

  async transaction<T>(script: () => Script<T>): Promise<T> {
    const begun = this.execute('BEGIN');
    begun.catch(() => undefined);
    try {
      const result = await this.run(script());
      await begun;
      await this.execute('COMMIT');
      return result;
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  /** Runs SQL of our own making as it is; several statements are one transaction. Returns the last one's rows. */
  async execute(sql: string): Promise<readonly Row[]> {
    try {
      // Several statements give a list of results, which the client's types do not know.
      const result = (await this.#client.query(sql)) as pg.QueryResult | readonly pg.QueryResult[];
      const last = Array.isArray(result) ? (result as readonly pg.QueryResult[]).at(-1) : result;
      return last ? rowsOf(last as pg.QueryResult) : NO_ROWS;
    } catch (error) {
      throw toUnavailable(error);
    }
  }

  /** Leaves a transaction, if one is open and the connection still stands. */
  async rollback(): Promise<void> {
    // Without a connection there is nothing left to undo.
    await this.#client.query('ROLLBACK').catch(() => undefined);
  }

  /** Runs statements that only define tables and indexes, written as for SQLite. */
  async define(statements: readonly string[]): Promise<void> {
    await this.execute(statements.map(defineForPostgres).join(';\n'));
  }

  /** Calls back with every notification on a channel. */
  async listen(channel: string, onNotification: (payload: string) => void): Promise<void> {
    this.#client.on('notification', (message) => onNotification(message.payload ?? ''));
    await this.execute(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  /** Ends the connection after what was sent is done. */
  async close(): Promise<void> {
    if (!this.#isClosing) this.#client.end().catch(() => undefined);
    this.#isClosing = true;
    await this.#lost.promise;
  }

  /** Cuts the connection, whatever the server is at. */
  async cut(): Promise<void> {
    this.#isClosing = true;
    this.#socket.destroy();
    await this.#lost.promise;
  }

  async #send(statement: Statement): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(queryOf(statement));
    } catch (error) {
      throw toUnavailable(error);
    }
  }
}

// The statement that failed first says why; those behind it only that the transaction had failed.
async function firstFailure(effects: readonly Promise<unknown>[], otherwise: unknown): Promise<unknown> {
  for (const result of await Promise.allSettled(effects)) {
    if (result.status === 'rejected') return result.reason;
  }
  return otherwise;
}

const NO_ROWS: readonly Row[] = [];
