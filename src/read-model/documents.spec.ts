import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DocumentWriter } from './document-writer.js';
import {
  cut,
  DOCUMENT_ID_INDEX,
  DOCUMENT_TABLES,
  documentsByKey,
  INDEXED_LENGTH,
  internKind,
} from './documents.js';
import { SqliteDatabase } from './sqlite-database.js';

let database: SqliteDatabase;
let writer: DocumentWriter;

beforeEach(() => {
  database = new SqliteDatabase(':memory:');
  database.define([...DOCUMENT_TABLES, DOCUMENT_ID_INDEX]);
  writer = new DocumentWriter();
});

afterEach(() => database.close());

function insert(count: number, state: object): readonly number[] {
  const kind = database.run(internKind(writer.interned, 'acme', 'User'));
  return Array.from({ length: count }, (_, number) =>
    database.run(writer.insert(kind, { id: String(number), label: '', state, values: () => [] })),
  );
}

describe('a page of documents', () => {
  it('comes in the order that was asked for', () => {
    const keys = insert(50, {}).toReversed();

    const documents = database.run(documentsByKey(keys));

    expect(documents.map(({ key }) => key)).toEqual(keys);
  });

  it('ends early when its documents are large, but never before the first', () => {
    const keys = insert(100, { long: 'x'.repeat(1024 * 1024) });

    const documents = database.run(documentsByKey(keys));

    expect(documents.length).toBeGreaterThan(0);
    expect(documents.length).toBeLessThan(keys.length);
  });
});

describe('an indexed value', () => {
  it('is cut, but never through a surrogate pair', () => {
    const long = `${'a'.repeat(INDEXED_LENGTH - 1)}😀`;

    expect(cut(long)).toBe('a'.repeat(INDEXED_LENGTH - 1));
    expect(cut('a'.repeat(INDEXED_LENGTH))).toHaveLength(INDEXED_LENGTH);
  });
});
