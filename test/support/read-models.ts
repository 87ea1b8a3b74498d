// Read models as comparable data: every row by what it says, without the internal keys, which two ways to the same
// rows may number differently.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';

import { canonicalJson, parseJsonObject } from '../../src/event-store/json.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { CLAIM_MARK } from '../../src/event-store/stream-names.js';
import { fillGeneration } from '../../src/projections/fill-generation.js';
import { Generation } from '../../src/projections/generation.js';
import { unitNamed } from '../../src/projections/units.js';
import { openLogReadOnly } from '../../src/projections/worker-log.js';
import { row, rows, type Script } from '../../src/read-model/script.js';
import { SqliteDatabase } from '../../src/read-model/sqlite-database.js';

/** Rows by table, in a fixed order. */
export type Dump = Readonly<Record<string, readonly string[]>>;

export type Unit = 'directory' | 'audit';

const DOCUMENTS = `document d LEFT JOIN kind k ON k.key = d.kind`;
const SHARED = {
  document: `SELECT k.tenant, k.name, d.id, d.label, d.body FROM ${DOCUMENTS}`,
  // Lists are in order of creation: the order of keys is part of what is read.
  order: `SELECT k.tenant, k.name, d.id, row_number() OVER (PARTITION BY d.kind ORDER BY d.key) FROM ${DOCUMENTS}`,
  indexed: `SELECT k.tenant, k.name, p.path, v.value, d.id FROM indexed_value v
    LEFT JOIN path p ON p.key = v.path LEFT JOIN document d ON d.key = v.document LEFT JOIN kind k ON k.key = p.kind`,
  // A mark of deleted documents only says as much as none.
  marks: `SELECT k.tenant, k.name, m.mark, m.documents FROM page_mark m LEFT JOIN kind k ON k.key = m.kind
    WHERE m.documents <> 0`,
};
const TABLES: Readonly<Record<Unit, Readonly<Record<string, string>>>> = {
  directory: {
    ...SHARED,
    gone: `SELECT k.tenant, k.name, g.id FROM gone g LEFT JOIN kind k ON k.key = g.kind`,
    membership: `SELECT h.id, m.id AS member FROM membership s
      LEFT JOIN document h ON h.key = s.holder LEFT JOIN document m ON m.key = s.member`,
    tenant: 'SELECT * FROM tenant',
    token: 'SELECT * FROM token',
  },
  audit: {
    ...SHARED,
    subject: 'SELECT tenant, type, id, label FROM subject',
    membership: `SELECT h.id, m.id AS member FROM subject_membership s
      LEFT JOIN subject h ON h.key = s.holder LEFT JOIN subject m ON m.key = s.member`,
  },
};

/**
 * The rows of the live generation in a data directory, once they are all committed: those of the last writes may still
 * stand in the server's open transaction.
 */
export async function dumpLive(dataDir: string, unit: Unit): Promise<Dump> {
  const head = headOf(dataDir);
  const database = new SqliteDatabase(livePath(dataDir, unit), { readOnly: true });
  const position = () => database.run(row<{ position: string }>('SELECT position FROM checkpoint'))?.position;
  try {
    while ((position() ?? '') < (head ?? '')) await setTimeout(5);
    return database.run(dumpOf(unit));
  } finally {
    database.close();
  }
}

function headOf(dataDir: string): string | undefined {
  const log = SqliteEventStore.openReadOnly(join(dataDir, 'log.sqlite'));
  try {
    return log.headSync(CLAIM_MARK);
  } finally {
    log.close();
  }
}

/** The rows that the log of a data directory comes to: event by event, or as a rebuild loads them. */
export async function dumpReplayed(
  dataDir: string,
  unit: Unit,
  way: 'event by event' | 'bulk load',
): Promise<Dump> {
  const log = openLogReadOnly({
    logPath: join(dataDir, 'log.sqlite'),
    keysPath: join(dataDir, 'keys.sqlite'),
    secretKey: Buffer.from(readFileSync(join(dataDir, 'secret.key'), 'utf8').trim(), 'base64'),
  });
  const generation = Generation.create(unitNamed(unit), 1, ':memory:', { isBulkLoad: way === 'bulk load' });
  try {
    if (way === 'bulk load') await fillGeneration(generation, log.source, log.codec, () => undefined);
    else {
      for (const event of log.source.readAllSync(undefined, Number.MAX_SAFE_INTEGER)) {
        generation.applyBatch([log.codec.open(event)]);
      }
    }
    return generation.database.run(dumpOf(unit));
  } finally {
    generation.close();
    log.close();
  }
}

/** Number and version of the live generation. */
export function liveGeneration(dataDir: string, unit: Unit): { number: number; version: number } {
  const database = new SqliteDatabase(livePath(dataDir, unit), { readOnly: true });
  try {
    const found = database.run(row<{ version: number }>('SELECT version FROM checkpoint'));
    return { number: liveNumber(dataDir, unit), version: found?.version ?? 0 };
  } finally {
    database.close();
  }
}

/** Makes the live generation look as if another version of the code had written it. */
export function ageLive(dataDir: string, unit: Unit): void {
  const database = new Database(livePath(dataDir, unit));
  database.prepare('UPDATE checkpoint SET version = version - 1').run();
  database.close();
}

export function livePath(dataDir: string, unit: Unit): string {
  return join(dataDir, 'read-model', `${unit}-${liveNumber(dataDir, unit)}.sqlite`);
}

/** Files of a unit's generations, without their journals. */
export function generationFiles(dataDir: string, unit: Unit): readonly string[] {
  return readdirSync(join(dataDir, 'read-model')).filter(
    (name) => name.startsWith(`${unit}-`) && name.endsWith('.sqlite'),
  );
}

function liveNumber(dataDir: string, unit: Unit): number {
  const pointer = readFileSync(join(dataDir, 'read-model', `${unit}.live.json`), 'utf8');
  const { generation }: { generation: number } = JSON.parse(pointer);
  return generation;
}

/** What a generation holds. */
export function* dumpOf(unit: Unit): Script<Dump> {
  const tables: Record<string, readonly string[]> = {};
  for (const [name, sql] of Object.entries(TABLES[unit])) {
    const found = yield* rows<Record<string, string>>(sql);
    tables[name] = found.map((values) => JSON.stringify(Object.entries(values).map(comparable))).toSorted();
  }
  return tables;
}

// Members of JSON have no order: rows made from events that were just decided and from stored ones differ in it.
function comparable([column, value]: readonly [string, string]): string {
  return column === 'body' ? canonicalJson(parseJsonObject(value)) : value;
}
