// Databases of a real PostgreSQL, one for each suite.
import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import pg from 'pg';

import { PostgresConnection } from '../../src/read-model/postgres-connection.js';

const server = process.env['TEST_POSTGRES_URL'];

/** A suite that is left out, visibly, where there is no PostgreSQL. */
export const describeWithPostgres = server === undefined ? describe.skip : describe;

export interface TestDatabase {
  readonly url: string;
  /** Another connection to it. The database closes it in the end. */
  connect(applicationName?: string): Promise<PostgresConnection>;
  /** Ends the backends of connections that go by this name, as an operator or a failing machine would. */
  terminate(applicationName: string): Promise<number>;
  /** Refuses new connections and ends those there are; `allow` takes it back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  drop(): Promise<void>;
}

export async function newDatabase(): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server ?? ''), { pathname: `/${name}` }).href;
  const opened: PostgresConnection[] = [];
  const terminate = async (where: string, values: readonly string[]): Promise<number> => {
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND ${where}`,
      [name, ...values],
    );
    return rowCount ?? 0;
  };
  return {
    url,
    connect: async (applicationName = 'test') => {
      const connection = await PostgresConnection.open({ url, applicationName });
      opened.push(connection);
      return connection;
    },
    terminate: (applicationName) => terminate('application_name = $2', [applicationName]),
    goAway: async () => {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await terminate('true', []);
    },
    comeBack: async () => void (await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)),
    drop: async () => {
      for (const connection of opened) await connection.close();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
