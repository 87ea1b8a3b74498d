// Several processes of the built product on one event log (the double of EventStoreDB) and one PostgreSQL.
import { randomBytes } from 'node:crypto';

import { startEsdbDouble, type EsdbDouble } from './esdb-double.js';
import { newDatabase, type TestDatabase } from './postgres.js';
import { newDataDir, removeDataDir, startServer, type Environment, type ServerProcess } from './processes.js';

export interface Fleet {
  readonly double: EsdbDouble;
  readonly database: TestDatabase;
  /** Settings that every process shares. */
  readonly env: Environment;
  start(role: 'all' | 'api' | 'projector'): Promise<ServerProcess>;
  stop(): Promise<void>;
}

/** An empty log and an empty database; processes are started one by one. */
export async function newFleet(): Promise<Fleet> {
  const [double, database, dataDir] = await Promise.all([startEsdbDouble(), newDatabase(), newDataDir()]);
  const env = {
    EVENT_STORE: double.connectionString,
    READ_MODEL: database.url,
    SECRET_KEY: randomBytes(32).toString('base64'),
    ADMIN_TOKEN: randomBytes(32).toString('base64url'),
    SCIM_TOKEN: randomBytes(32).toString('base64url'),
  };
  const processes: ServerProcess[] = [];
  return {
    double,
    database,
    env,
    start: async (role) => {
      const process = await startServer(dataDir, { ...env, ROLE: role });
      processes.push(process);
      return process;
    },
    stop: async () => {
      // One that was stopped hears nothing else.
      for (const process of processes) process.signal('SIGCONT');
      await Promise.all(processes.map((process) => process.stop()));
      await double.stop();
      await database.drop();
      await removeDataDir(dataDir);
    },
  };
}
