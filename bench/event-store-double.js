// The double of EventStoreDB and a PostgreSQL of our own, each a process, for measures of a deployment on servers. The
// double keeps its log in memory and syncs nothing: it shows what our side of the wire costs.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startCluster, stopCluster } from '../test/support/postgres-cluster.js';

const DOUBLE = fileURLToPath(new URL('../test/support/esdb-double/server.js', import.meta.url));

/**
 * @returns `{ env, connectionString, stop() }`: settings for the product's processes; undefined without PostgreSQL
 */
export async function startStores() {
  await startCluster();
  const cluster = process.env.TEST_POSTGRES_URL;
  if (cluster === undefined) return undefined;
  const readModel = await newDatabase(cluster);
  const double = spawn(process.execPath, ['--max-old-space-size=12000', DOUBLE], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(double.stdout.setEncoding('utf8'), 'data');
  const connectionString = `esdb://127.0.0.1:${JSON.parse(line).port}?tls=false`;
  return {
    connectionString,
    env: {
      EVENT_STORE: connectionString,
      READ_MODEL: readModel,
      SECRET_KEY: randomBytes(32).toString('base64'),
    },
    stop: async () => {
      double.kill();
      await once(double, 'exit');
      stopCluster();
    },
  };
}

async function newDatabase(cluster) {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client({ connectionString: cluster });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return Object.assign(new URL(cluster), { pathname: `/${name}` }).href;
}
