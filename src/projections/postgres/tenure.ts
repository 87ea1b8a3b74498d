// One time of owning a unit: a lock that the database holds for us, and connections that end with it.
import { PostgresConnection, type PostgresOptions } from '../../read-model/postgres-connection.js';
import { DatabaseUnavailable } from '../../read-model/postgres-errors.js';
import type { Names } from './names.js';

export class Tenure {
  readonly #connections = new Set<PostgresConnection>();
  readonly #ended = Promise.withResolvers<never>();

  private constructor(
    private readonly options: PostgresOptions,
    /** Holds the lock; for short statements. */
    readonly lock: PostgresConnection,
  ) {
    this.#ended.promise.catch(() => undefined);
    void lock.lost.then((error) => this.#fail(error));
  }

  /**
   * Waits until nobody else owns the unit.
   * @throws DatabaseUnavailable when the connection is lost; when `signal` ends the waiting
   */
  static async begin(
    options: PostgresOptions,
    { control }: Names,
    unit: string,
    signal: AbortSignal,
  ): Promise<Tenure> {
    const lock = await PostgresConnection.open(named(options, `${unit} lock`));
    const giveUp = (): void => void lock.cut();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      signal.throwIfAborted();
      await lock.execute(`SELECT pg_advisory_lock(hashtextextended('${control} ${unit}', 0))`);
      return new Tenure(named(options, unit), lock);
    } catch (error) {
      await lock.cut();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Never resolves. @throws why the tenure is over */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** A connection that ends with the tenure. */
  async connect(): Promise<PostgresConnection> {
    const connection = await PostgresConnection.open(this.options);
    this.#connections.add(connection);
    void connection.lost.then(() => this.#connections.delete(connection));
    return connection;
  }

  /** Gives the unit free. Nothing is written by its connections afterwards. */
  async end(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.cut()));
    await this.lock.cut();
  }

  #fail(error: Error): void {
    this.#ended.reject(
      new DatabaseUnavailable('the connection that owned the unit is gone', { cause: error }),
    );
  }
}

// Operators see in the server's list of connections what each is for.
function named({ url, applicationName }: PostgresOptions, purpose: string): PostgresOptions {
  return { url, applicationName: `${applicationName} ${purpose}` };
}
