// Writing documents and their entries in the index.
import {
  cut,
  findDocument,
  findKey,
  INDEXED_LENGTH,
  Interned,
  MARK_SIZE,
  type DocumentContent,
  type Documents,
  type IndexedValue,
  type StoredDocument,
} from './documents.js';
import { row, run, type Script, type SqlValue } from './script.js';

/** Writes documents and their entries in the index, as the live generation has them. */
export class DocumentWriter implements Documents {
  readonly interned = new Interned();

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
    yield* this.#reindex(kind, key, [], content.values());
    yield* countInMark(kind, key, 1);
    return key;
  }

  *update(
    { key, kind }: StoredDocument,
    before: () => readonly IndexedValue[],
    content: DocumentContent,
  ): Script<void> {
    const body = JSON.stringify(content.state);
    yield* run('UPDATE document SET label = ?, body = ? WHERE key = ?', content.label, body, key);
    yield* this.#reindex(kind, key, before(), content.values());
  }

  *remove({ key, kind }: StoredDocument, before: () => readonly IndexedValue[]): Script<void> {
    yield* run('DELETE FROM document WHERE key = ?', key);
    yield* this.#reindex(kind, key, before(), []);
    yield* countInMark(kind, key, -1);
  }

  // Everything is written at once.
  *flush(): Script<void> {}

  forget(): void {
    this.interned.forget();
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
    yield* insertValues(entries);
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
function* insertValues(entries: readonly SqlValue[]): Script<void> {
  const step = ROWS_AT_ONCE * COLUMNS;
  for (let start = 0; start < entries.length; start += step) {
    const some = entries.length <= step ? entries : entries.slice(start, start + step);
    yield* run(insertOf(some.length / COLUMNS), ...some);
  }
}

const inserts = new Map<number, string>();

function insertOf(rowCount: number): string {
  const known = inserts.get(rowCount);
  if (known !== undefined) return known;
  const places = Array<string>(rowCount).fill('(?, ?, ?)').join(', ');
  const sql = `INSERT INTO indexed_value (path, value, document) VALUES ${places} ON CONFLICT DO NOTHING`;
  inserts.set(rowCount, sql);
  return sql;
}

// Compared as the index shows them: two long values may share an entry.
function holds(list: readonly IndexedValue[], path: string, value: string): boolean {
  const shown = cut(value);
  return list.some((other) => other.path === path && cut(other.value) === shown);
}

/** Counts documents in, or out of, the page mark of a key. */
export function* countInMark(kind: number, key: number, by: number): Script<void> {
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
