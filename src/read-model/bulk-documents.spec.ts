import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BulkDocuments } from './bulk-documents.js';
import { DocumentWriter } from './document-writer.js';
import {
  DOCUMENT_ID_INDEX,
  DOCUMENT_TABLES,
  INDEXED_LENGTH,
  internKind,
  type DocumentContent,
  type Documents,
  type IndexedValue,
} from './documents.js';
import { rows } from './script.js';
import { SqliteDatabase } from './sqlite-database.js';

interface Thing {
  readonly name: string;
}

let database: SqliteDatabase;

beforeEach(() => {
  database = new SqliteDatabase(':memory:');
  database.define([...DOCUMENT_TABLES, DOCUMENT_ID_INDEX]);
});

afterEach(() => database.close());

const valuesOf = ({ name }: Thing): readonly IndexedValue[] => [{ path: 'name', value: name }];
const content = (id: string, name: string): DocumentContent => ({
  id,
  label: name,
  state: { name },
  values: () => valuesOf({ name }),
});
const finish = (bulk: BulkDocuments): void =>
  database.run(bulk.finish((_kind, body) => valuesOf(JSON.parse(body) as Thing)));
const kindOf = (documents: Documents): number =>
  database.run(internKind(documents.interned, 'acme', 'Thing'));
const add = (documents: Documents, id: string, name: string): number =>
  database.run(documents.insert(kindOf(documents), content(id, name)));

function rename(documents: Documents, id: string, name: string): void {
  const found = database.run(documents.find(kindOf(documents), id))!;
  database.run(documents.update(found, () => valuesOf(found.state as Thing), content(id, name)));
}

function remove(documents: Documents, id: string): void {
  const found = database.run(documents.find(kindOf(documents), id))!;
  database.run(documents.remove(found, () => valuesOf(found.state as Thing)));
}

const documents = () => database.run(rows('SELECT key, id, label, body FROM document ORDER BY key'));
const index = () =>
  database.run(
    rows(
      'SELECT p.path, p.is_cut AS cut, v.value, v.document FROM indexed_value v JOIN path p ON p.key = v.path',
    ),
  );

describe('a bulk load of documents', () => {
  it('finds what was written before and what is not written yet', () => {
    const bulk = new BulkDocuments({ findsAll: true });
    add(bulk, 'old', 'Old');
    database.run(bulk.flush());
    add(bulk, 'new', 'New');

    const found = ['old', 'new', 'none'].map((id) => database.run(bulk.find(kindOf(bulk), id))?.state);
    const keys = ['old', 'new', 'none'].map((id) => database.run(bulk.findKey(kindOf(bulk), id)));

    expect(found).toEqual([{ name: 'Old' }, { name: 'New' }, undefined]);
    expect(keys).toEqual([1, 2, undefined]);
  });

  it('indexes the last content of a document, whenever it was changed', () => {
    const bulk = new BulkDocuments({ findsAll: true });
    for (const id of ['a', 'b', 'c', 'd']) add(bulk, id, `${id}1`);
    rename(bulk, 'a', 'a2');
    remove(bulk, 'd');
    database.run(bulk.flush());
    rename(bulk, 'b', 'b2');
    remove(bulk, 'c');
    database.run(bulk.flush());
    rename(bulk, 'b', 'b3');

    finish(bulk);

    expect(documents()).toMatchObject([
      { key: 1, id: 'a', label: 'a2', body: '{"name":"a2"}' },
      { key: 2, id: 'b', label: 'b3', body: '{"name":"b3"}' },
    ]);
    expect(index()).toEqual([
      { path: 'name', cut: 0, value: 'a2', document: 1 },
      { path: 'name', cut: 0, value: 'b3', document: 2 },
    ]);
  });

  it('does not find a document again that was removed in the same batch', () => {
    const bulk = new BulkDocuments({ findsAll: true });
    add(bulk, 'a', 'A');
    database.run(bulk.flush());

    remove(bulk, 'a');

    expect(database.run(bulk.find(kindOf(bulk), 'a'))).toBeUndefined();
    expect(database.run(bulk.findKey(kindOf(bulk), 'a'))).toBeUndefined();
  });

  it('marks a path whose values are longer than the index holds', () => {
    const bulk = new BulkDocuments({ findsAll: true });
    add(bulk, 'a', 'x'.repeat(INDEXED_LENGTH + 1));

    finish(bulk);

    expect(index()).toEqual([{ path: 'name', cut: 1, value: 'x'.repeat(INDEXED_LENGTH), document: 1 }]);
  });

  it('never gives the key of a removed document again', () => {
    const bulk = new BulkDocuments({ findsAll: true });
    add(bulk, 'a', 'A');
    add(bulk, 'b', 'B');
    remove(bulk, 'b');

    finish(bulk);

    expect(add(new DocumentWriter(), 'c', 'C')).toBe(3);
  });

  it('finds only what is recent when it is told to do without an index', () => {
    const bulk = new BulkDocuments({ findsAll: false });
    add(bulk, 'first', 'First');
    for (let number = 0; number < 150; number++) add(bulk, String(number), 'x');
    database.run(bulk.flush());

    expect(database.run(bulk.find(kindOf(bulk), '149'))?.state).toEqual({ name: 'x' });
    expect(database.run(bulk.find(kindOf(bulk), 'first'))).toBeUndefined();
  });
});
