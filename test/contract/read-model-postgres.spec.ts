import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { migrate } from '../../src/projections/postgres/control-schema.js';
import { namesWith } from '../../src/projections/postgres/names.js';
import { PostgresGeneration } from '../../src/projections/postgres/postgres-generation.js';
import { unitNamed } from '../../src/projections/units.js';
import { openPool, PostgresDatabase } from '../../src/read-model/postgres-database.js';
import { describeWithPostgres, newDatabase } from '../support/postgres.js';
import { describeReadModel } from './read-model.contract.js';

const unit = unitNamed('directory');

describeReadModel(
  'PostgreSQL',
  async () => {
    const database = await newDatabase();
    const pool = openPool({ url: database.url, applicationName: 'test readers' }, 4);
    const names = namesWith();
    const connection = await database.connect();
    await migrate(connection, names, ['directory']);
    return {
      generation: async () => {
        const generation = await PostgresGeneration.create(connection, names, unit, { isBulkLoad: false });
        const schema = names.generation(unit.name, generation.number);
        return {
          database: new PostgresDatabase(pool, `SELECT '${schema}' AS schema`),
          applyBatch: (events: readonly LedgerEvent[]) => {
            const until = events.at(-1);
            return until && generation.applyBatch({ events, until, count: events.length });
          },
          close: () => connection.execute(`DROP SCHEMA ${schema} CASCADE`).then(() => undefined),
        };
      },
      dispose: async () => {
        await pool.end();
        await database.drop();
      },
    };
  },
  // Fewer than on SQLite: each statement is a journey.
  { describe: describeWithPostgres, numRuns: 30 },
);
