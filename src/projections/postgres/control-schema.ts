// The tables that say which generations there are, how far they are, and who keeps them; made and upgraded at start.
import type { PostgresConnection } from '../../read-model/postgres-connection.js';
import type { Names } from './names.js';
import { ReadModelRefused } from './refusal.js';

/** Each entry takes the control schema one version further. Published entries never change. */
const MIGRATIONS: readonly ((control: string) => string)[] = [
  (control) => `
    CREATE TABLE ${control}.projection (
      unit TEXT COLLATE "C" PRIMARY KEY,
      live BIGINT,
      next_number BIGINT NOT NULL DEFAULT 1,
      state TEXT NOT NULL DEFAULT 'building',
      error TEXT,
      owner TEXT,
      rebuild_wanted BIGINT NOT NULL DEFAULT 0,
      rebuild TEXT
    );
    CREATE TABLE ${control}.generation (
      unit TEXT COLLATE "C" NOT NULL REFERENCES ${control}.projection (unit),
      number BIGINT NOT NULL,
      version BIGINT NOT NULL,
      is_complete BIGINT NOT NULL,
      position TEXT COLLATE "C" NOT NULL DEFAULT '',
      event_id TEXT COLLATE "C" NOT NULL DEFAULT '',
      stream TEXT COLLATE "C" NOT NULL DEFAULT '',
      revision BIGINT NOT NULL DEFAULT 0,
      events BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (unit, number)
    ) WITH (fillfactor = 50)`,
];

export const CONTROL_VERSION = MIGRATIONS.length;

/**
 * Brings the control schema to this release's version, and enters the units. Several processes may do so at once.
 * @throws ReadModelRefused when a newer release has been here, or the database cannot hold every text
 */
export async function migrate(
  connection: PostgresConnection,
  { control }: Names,
  units: readonly string[],
): Promise<void> {
  await refuseEncoding(connection);
  await connection.execute('BEGIN');
  try {
    await connection.execute(`SELECT pg_advisory_xact_lock(hashtextextended('${control} migration', 0))`);
    const version = await currentVersion(connection, control);
    if (version > CONTROL_VERSION) throw tooNew(control, version);
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index >= version) await connection.execute(migration(control));
    }
    if (version < CONTROL_VERSION) {
      await connection.execute(`UPDATE ${control}.version SET version = ${CONTROL_VERSION}`);
    }
    for (const unit of units) {
      await connection.execute(
        `INSERT INTO ${control}.projection (unit) VALUES ('${unit}') ON CONFLICT DO NOTHING`,
      );
    }
    await connection.execute('COMMIT');
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

async function refuseEncoding(connection: PostgresConnection): Promise<void> {
  const [found] = await connection.execute('SHOW server_encoding');
  const encoding = found?.['server_encoding'];
  if (encoding === 'UTF8') return;
  throw new ReadModelRefused(
    `READ_MODEL: the database is encoded in ${encoding}; accepted: UTF8. Make another with ENCODING 'UTF8'`,
  );
}

async function currentVersion(connection: PostgresConnection, control: string): Promise<number> {
  const [found] = await connection.execute(`SELECT to_regclass('${control}.version') IS NOT NULL AS exists`);
  if (found?.['exists'] !== 1) {
    await connection.execute(`CREATE SCHEMA IF NOT EXISTS ${control};
      CREATE TABLE ${control}.version (version BIGINT NOT NULL);
      INSERT INTO ${control}.version VALUES (0)`);
  }
  const [row] = await connection.execute(`SELECT version FROM ${control}.version`);
  return Number(row?.['version'] ?? 0);
}

function tooNew(control: string, version: number): ReadModelRefused {
  return new ReadModelRefused(
    `READ_MODEL: the schema ${control} is of version ${version}, made by a newer release; this release knows ` +
      `versions up to ${CONTROL_VERSION}. Run the newer release, or give this one a database of its own`,
  );
}
