// Read models in PostgreSQL, as every process sees them: readers, how far they are, and what their owners say.
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { EventStore } from '../../event-store/event-store.js';
import { PostgresConnection, type PostgresOptions } from '../../read-model/postgres-connection.js';
import { openPool, PostgresDatabase, type ReaderPool } from '../../read-model/postgres-database.js';
import { toUnavailable } from '../../read-model/postgres-errors.js';
import type { Row } from '../../read-model/script.js';
import { ReadModels, type ProjectionStatus } from '../read-models.js';
import type { RebuildReport } from '../rebuild-progress.js';
import type { ProjectionUnit } from '../projection.js';
import { ReadModelBehind } from '../read-model-behind.js';
import { UNITS } from '../units.js';
import { CheckpointNews } from './checkpoint-news.js';
import { migrate } from './control-schema.js';
import type { OpenEvents } from './log-reader.js';
import { namesWith, type Names } from './names.js';
import { refusalOf } from './refusal.js';
import { UnitProjector } from './unit-projector.js';
import { liveSchemaSql, statusRows, type UnitRow } from './unit-table.js';

export interface ServerReadModelsOptions {
  /** A `postgres://` URL. */
  readonly url: string;
  /** What the names of all schemas begin with. */
  readonly prefix?: string;
  readonly store: EventStore;
  readonly logger: Logger;
  /** Connections for readers of this process. */
  readonly poolSize?: number;
  /** Names this process in the server's list of connections and as owner of a unit. */
  readonly processName?: string;
  /** Default: every unit of the product. */
  readonly units?: readonly ProjectionUnit[];
}

export interface ServerProjectionStatus extends ProjectionStatus {
  readonly generationVersion: number | undefined;
}

const POOL_SIZE = 10;
/** A reader that wants everything up to now waits this long at most, in ms. */
const CAUGHT_UP_WITHIN_MS = 5000;
const USUALLY_WITHIN_MS = 500;
const LOOK_EVERY_MS = 200;

export class ServerReadModels extends ReadModels {
  readonly #databases: ReadonlyMap<string, PostgresDatabase>;
  readonly #projectors: UnitProjector[] = [];
  readonly #units: readonly ProjectionUnit[];

  private constructor(
    private readonly options: ServerReadModelsOptions,
    private readonly connection: PostgresOptions,
    private readonly names: Names,
    private readonly pool: ReaderPool,
    private readonly news: CheckpointNews,
  ) {
    super();
    this.#units = unitsOf(options);
    this.#databases = new Map(
      this.#units.map(({ name, version }) => [
        name,
        new PostgresDatabase(pool, liveSchemaSql(names, name, version)),
      ]),
    );
  }

  /**
   * Connects, and brings the control schema to this release's version.
   * @throws ReadModelRefused when the setting is wrong or the database cannot be used; DatabaseUnavailable
   */
  static async open(options: ServerReadModelsOptions): Promise<ServerReadModels> {
    const names = namesWith(options.prefix);
    const applicationName = options.processName ?? `scim-ledger ${hostname().slice(0, 20)} ${process.pid}`;
    const connection: PostgresOptions = { url: options.url, applicationName };
    await prepare(connection, names, unitsOf(options));
    const pool = openPool(connection, options.poolSize ?? POOL_SIZE);
    const news = new CheckpointNews(connection, pool, names);
    await news.listen();
    return new ServerReadModels(options, connection, names, pool, news);
  }

  /** Takes part in keeping every unit: owns those that nobody else owns, and waits to take over the others. */
  project(open: OpenEvents): void {
    const { store, logger } = this.options;
    for (const unit of this.#units) {
      const options = { unit, store, open, database: this.connection, names: this.names, logger };
      this.#projectors.push(new UnitProjector(options));
    }
  }

  database(unit: string): PostgresDatabase {
    const database = this.#databases.get(unit);
    if (!database) throw new Error(`no projection '${unit}'`);
    return database;
  }

  /** @throws ReadModelBehind when it takes too long; Error with the reason when the projection has stopped */
  async caughtUp(unit: string): Promise<void> {
    const head = await this.options.store.head();
    if (head === undefined) return;
    try {
      await this.reached(unit, head, USUALLY_WITHIN_MS);
    } catch (error) {
      const status = (await this.#rows()).find((found) => found.unit === unit);
      if (status?.state === 'stopped') throw new Error(status.error ?? 'stopped', { cause: error });
      await this.reached(unit, head, CAUGHT_UP_WITHIN_MS - USUALLY_WITHIN_MS);
    }
  }

  /**
   * Resolves once the very next read of a unit, by any process, sees the event at a position.
   * @throws ReadModelBehind when that takes longer than `timeoutMs`
   */
  async reached(unit: string, position: string, timeoutMs: number): Promise<void> {
    await this.news.reached(unit, position, timeoutMs);
  }

  // Nobody is kept waiting by a reader on a connection of its own.
  async longQuery<Result>(name: string, request: unknown): Promise<Result> {
    const unit = this.#units.find((candidate) => candidate.name === name);
    if (!unit) throw new Error(`no projection '${name}'`);
    // The unit's reader asked, and knows the shape of the answer.
    return (await this.database(name).read(unit.longQuery(request))) as Result;
  }

  /** @throws DatabaseUnavailable, StoreUnavailable */
  async status(): Promise<readonly ServerProjectionStatus[]> {
    const [rows, head] = await Promise.all([this.#rows(), this.options.store.head()]);
    return this.#units.map(({ name, version }) => {
      const found = rows.find(({ unit }) => unit === name);
      return { name, version, head, ...statusOf(found) };
    });
  }

  /** Asks a unit's owner to rebuild it beside the live generation. @throws DatabaseUnavailable */
  async rebuild(unit: string): Promise<void> {
    this.database(unit);
    await this.#query(
      `UPDATE ${this.names.control}.projection SET rebuild_wanted = rebuild_wanted + 1 WHERE unit = '${unit}'`,
    );
  }

  /** Resolves when every unit has a live generation that this process can read. @throws ReadModelBehind */
  async built(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const missing = (await this.status()).filter(
        ({ version, generationVersion }) => generationVersion !== version,
      );
      if (missing.length === 0) return;
      if (Date.now() > deadline) {
        throw new ReadModelBehind(`${missing.map(({ name }) => name).join(' and ')} not built yet`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#projectors.map((projector) => projector.close()));
    await this.news.close();
    await this.pool.end();
  }

  async #rows(): Promise<readonly UnitRow[]> {
    return (await this.#query(statusRows(this.names))) as unknown as readonly UnitRow[];
  }

  async #query(sql: string): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>(sql)).rows;
    } catch (error) {
      throw toUnavailable(error);
    }
  }
}

function unitsOf({ units }: ServerReadModelsOptions): readonly ProjectionUnit[] {
  return units ?? UNITS.map(({ unit }) => unit);
}

async function prepare(
  options: PostgresOptions,
  names: Names,
  units: readonly ProjectionUnit[],
): Promise<void> {
  let connection: PostgresConnection | undefined;
  try {
    connection = await PostgresConnection.open(options);
    await migrate(
      connection,
      names,
      units.map(({ name }) => name),
    );
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    await connection?.close();
  }
}

function statusOf(row: UnitRow | undefined) {
  if (!row) return NOTHING_KNOWN;
  const { live, version, state, position, owner, error, rebuild } = row;
  return {
    generation: live ?? undefined,
    generationVersion: version ?? undefined,
    state,
    position: position ?? undefined,
    owner: owner ?? undefined,
    ...(error === null ? {} : { error }),
    ...(rebuild === null ? {} : { rebuild: JSON.parse(rebuild) as RebuildReport }),
  };
}

const NOTHING_KNOWN = {
  generation: undefined,
  generationVersion: undefined,
  state: 'building',
  position: undefined,
  owner: undefined,
} as const;
