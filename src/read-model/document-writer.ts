// Writing documents and their entries in the index.
import {
  cut,
  findDocument,
  findKey,
  DOCUMENT_ORDER_INDEX,
  INDEXED_LENGTH,
  Interned,
  MARK_SIZE,
  type Document,
  type DocumentContent,
  type DocumentRow,
  type Documents,
  type IndexedValue,
  type StoredDocument,
} from './documents.js';
import { row, rows, run, type Script, type SqlValue } from './script.js';

/** Writes documents and their entries in the index. While a rebuild runs the index is left for `buildIndex`. */
export class DocumentWriter implements Documents {
  readonly interned = new Interned();
  #isIndexed: boolean;

  constructor({ isIndexed }: { readonly isIndexed: boolean }) {
    this.#isIndexed = isIndexed;
  }

  *find(kind: number, id: string): Script<StoredDocument | undefined> {
    const found = yield* findDocument(kind, id);
    return found && { key: found.key, kind, id, state: JSON.parse(found.body) as unknown };
  }

  findKey(kind: number, id: string): Script<number | undefined> {
    return findKey(kind, id);
  }

  *insert(kind: number, content: DocumentContent): Script<number> {
    const inserted = yield* row<{ key: number }>(
      'INSERT INTO document (kind, id, label, body) VALUES (?, ?, ?, ?) RETURNING key',
      kind,
      content.id,
      content.label,
      JSON.stringify(content.state),
    );
    const key = inserted?.key ?? 0;
    if (this.#isIndexed) {
      yield* this.#reindex(kind, key, [], content.values());
      yield* countInMark(kind, key, 1);
    }
    return key;
  }

  *update(
    { key, kind }: StoredDocument,
    before: () => readonly IndexedValue[],
    content: DocumentContent,
  ): Script<void> {
    const body = JSON.stringify(content.state);
    yield* run('UPDATE document SET label = ?, body = ? WHERE key = ?', content.label, body, key);
    if (this.#isIndexed) yield* this.#reindex(kind, key, before(), content.values());
  }

  *remove({ key, kind }: StoredDocument, before: () => readonly IndexedValue[]): Script<void> {
    yield* run('DELETE FROM document WHERE key = ?', key);
    if (!this.#isIndexed) return;
    yield* this.#reindex(kind, key, before(), []);
    yield* countInMark(kind, key, -1);
  }

  // Everything is written at once.
  *flush(): Script<void> {}

  forget(): void {
    this.interned.forget();
  }

  /** Makes the index that a rebuild left out, in its own order: several times faster than value by value. */
  *buildIndex(valuesOf: (kindName: string, document: Document) => readonly IndexedValue[]): Script<void> {
    this.#isIndexed = true;
    yield* run('CREATE TEMP TABLE pending (path INTEGER, value TEXT, document INTEGER)');
    yield* this.#collect(valuesOf);
    yield* run(
      'INSERT INTO indexed_value SELECT DISTINCT path, value, document FROM pending ORDER BY path, value, document',
    );
    yield* run('DROP TABLE pending');
    yield* run(
      `INSERT INTO page_mark SELECT kind, key / ${MARK_SIZE}, count(*) FROM document GROUP BY kind, key / ${MARK_SIZE}`,
    );
    yield* run(DOCUMENT_ORDER_INDEX);
  }

  *#collect(valuesOf: (kindName: string, document: Document) => readonly IndexedValue[]): Script<void> {
    const kinds = yield* rows<{ key: number; name: string }>('SELECT key, name FROM kind');
    const names = new Map(kinds.map(({ key, name }) => [key, name]));
    for (let after = 0; ;) {
      const page = yield* rows<DocumentRow>(
        'SELECT key, kind, id, label, body FROM document WHERE key > ? ORDER BY key LIMIT 200',
        after,
      );
      const entries: SqlValue[] = [];
      for (const document of page) {
        const { key, kind } = document;
        for (const { path, value } of valuesOf(names.get(kind) ?? '', document)) {
          entries.push(yield* this.#pathKey(kind, path, value), cut(value), key);
        }
      }
      yield* insertRows('pending', entries);
      const last = page.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  *#reindex(
    kind: number,
    document: number,
    before: readonly IndexedValue[],
    after: readonly IndexedValue[],
  ): Script<void> {
    for (const { path, value } of before) {
      if (holds(after, path, value)) continue;
      const pathKey = yield* internPath(this.interned, kind, path);
      yield* run(
        'DELETE FROM indexed_value WHERE path = ? AND value = ? AND document = ?',
        pathKey,
        cut(value),
        document,
      );
    }
    const entries: SqlValue[] = [];
    for (const { path, value } of after) {
      if (before.length > 0 && holds(before, path, value)) continue;
      entries.push(yield* this.#pathKey(kind, path, value), cut(value), document);
    }
    yield* insertRows('indexed_value', entries);
  }

  *#pathKey(kind: number, path: string, value: string): Script<number> {
    const key = yield* internPath(this.interned, kind, path);
    if (value.length > INDEXED_LENGTH) yield* run('UPDATE path SET is_cut = 1 WHERE key = ?', key);
    return key;
  }
}

const ROWS_AT_ONCE = 50;
const COLUMNS = 3;

// Many rows in a statement: each document has several.
function* insertRows(table: 'indexed_value' | 'pending', entries: readonly SqlValue[]): Script<void> {
  const step = ROWS_AT_ONCE * COLUMNS;
  for (let start = 0; start < entries.length; start += step) {
    const some = entries.length <= step ? entries : entries.slice(start, start + step);
    yield* run(insertOf(table, some.length / COLUMNS), ...some);
  }
}

const inserts = new Map<string, string>();

function insertOf(table: string, rowCount: number): string {
  const name = `${table} ${rowCount}`;
  const known = inserts.get(name);
  if (known !== undefined) return known;
  const places = Array<string>(rowCount).fill('(?, ?, ?)').join(', ');
  const sql = `INSERT INTO ${table} (path, value, document) VALUES ${places} ON CONFLICT DO NOTHING`;
  inserts.set(name, sql);
  return sql;
}

// Compared as the index shows them: two long values may share an entry.
function holds(list: readonly IndexedValue[], path: string, value: string): boolean {
  const shown = cut(value);
  return list.some((other) => other.path === path && cut(other.value) === shown);
}

function* countInMark(kind: number, key: number, by: 1 | -1): Script<void> {
  yield* run(
    `INSERT INTO page_mark (kind, mark, documents) VALUES (?, ?, ?)
     ON CONFLICT (kind, mark) DO UPDATE SET documents = page_mark.documents + excluded.documents`,
    kind,
    Math.floor(key / MARK_SIZE),
    by,
  );
}

/** The key of a path of a kind's documents. */
export function* internPath(interned: Interned, kind: number, path: string): Script<number> {
  const cacheKey = `${kind}/${path}`;
  const known = interned.paths.get(cacheKey);
  if (known !== undefined) return known;
  yield* run('INSERT INTO path (kind, path) VALUES (?, ?) ON CONFLICT DO NOTHING', kind, path);
  const found = yield* row<{ key: number }>('SELECT key FROM path WHERE kind = ? AND path = ?', kind, path);
  const key = found?.key ?? 0;
  interned.paths.set(cacheKey, key);
  return key;
}
