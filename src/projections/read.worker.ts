// Answers long questions from a read-only connection of its own.
import { parentPort } from 'node:worker_threads';
import { SqliteDatabase } from '../read-model/sqlite-database.js';
import { unitNamed } from './units.js';

export interface ReadQuestion {
  readonly number: number;
  readonly unit: string;
  readonly path: string;
  readonly request: unknown;
}

export type ReadAnswer =
  | { readonly number: number; readonly result: unknown }
  | { readonly number: number; readonly failure: { readonly name: string; readonly message: string } };

const databases = new Map<string, SqliteDatabase>();

// One connection for each unit: another generation's replaces it.
function databaseOf(unit: string, path: string): SqliteDatabase {
  const open = databases.get(unit);
  if (open?.path === path) return open;
  open?.close();
  const opened = new SqliteDatabase(path, { readOnly: true });
  databases.set(unit, opened);
  return opened;
}

function answer({ number, unit, path, request }: ReadQuestion): ReadAnswer {
  try {
    return { number, result: databaseOf(unit, path).read(unitNamed(unit).longQuery(request)) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    return { number, failure: { name, message } };
  }
}

parentPort?.on('message', (question: ReadQuestion) => parentPort?.postMessage(answer(question)));
