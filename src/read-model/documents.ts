// Documents with an index over chosen values: the storage that users, groups and audit entries share. It knows no
// schema; whoever writes a document says which values are to be found by which path.
import { row, rows, run, type Script } from './script.js';

/** Longest prefix of a value that the index holds; what is longer is checked again in full. */
export const INDEXED_LENGTH = 256;

/** Documents in one page mark: the most rows a jump to any page steps over. */
export const MARK_SIZE = 512;

export interface Document {
  /** Grows in order of creation and is never used again. */
  readonly key: number;
  readonly kind: number;
  readonly id: string;
  /** What people call it; shown where other documents name this one. */
  readonly label: string;
  readonly body: string;
}

/** A value to be found: the path it stands at and its comparable key. */
export interface IndexedValue {
  readonly path: string;
  readonly value: string;
}

/** What is written of a document. */
export interface DocumentContent {
  readonly id: string;
  readonly label: string;
  /** What is stored as the body's JSON; not changed afterwards. */
  readonly state: object;
  /** Worked out only where they are indexed. */
  readonly values: () => readonly IndexedValue[];
}

/** A document as its writer finds it again. */
export interface StoredDocument {
  readonly key: number;
  readonly kind: number;
  readonly id: string;
  /** Its body, read. */
  readonly state: unknown;
}

/** Writes documents and finds them again, with what was written just before. */
export interface Documents {
  readonly interned: Interned;
  find(kind: number, id: string): Script<StoredDocument | undefined>;
  findKey(kind: number, id: string): Script<number | undefined>;
  /** Adds a document; returns its key. */
  insert(kind: number, content: DocumentContent): Script<number>;
  /** Replaces a document's content; `before` are the values it is indexed by until now. */
  update(
    document: StoredDocument,
    before: () => readonly IndexedValue[],
    content: DocumentContent,
  ): Script<void>;
  remove(document: StoredDocument, before: () => readonly IndexedValue[]): Script<void>;
  /** Writes what is still in memory; before each commit. */
  flush(): Script<void>;
  /** The transaction was rolled back: forgets what is in memory. */
  forget(): void;
}

export type DocumentRow = { key: number; kind: number; id: string; label: string; body: string };

export const DOCUMENT_TABLES: readonly string[] = [
  `CREATE TABLE kind (key INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (tenant, name))`,
  // is_cut: some value of this path is longer than the index holds
  `CREATE TABLE path (key INTEGER PRIMARY KEY, kind INTEGER NOT NULL, path TEXT NOT NULL,
     is_cut INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, path))`,
  `CREATE TABLE document (key INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, id TEXT NOT NULL,
     label TEXT NOT NULL, body TEXT NOT NULL)`,
  `CREATE INDEX document_order ON document (kind, key)`,
  `CREATE TABLE indexed_value (path INTEGER NOT NULL, value TEXT NOT NULL, document INTEGER NOT NULL,
     PRIMARY KEY (path, value, document)) WITHOUT ROWID`,
  `CREATE TABLE page_mark (kind INTEGER NOT NULL, mark INTEGER NOT NULL, documents INTEGER NOT NULL,
     PRIMARY KEY (kind, mark)) WITHOUT ROWID`,
];

// Kept apart from the tables: where a rebuild does not look for documents by id, it makes this index last.
export const DOCUMENT_ID_INDEX = `CREATE UNIQUE INDEX document_id ON document (kind, id)`;

/** Interned names of one connection. A rolled back transaction may have interned some: `forget` them then. */
export class Interned {
  readonly kinds = new Map<string, number>();
  readonly paths = new Map<string, number>();

  forget(): void {
    this.kinds.clear();
    this.paths.clear();
  }
}

/** The key of a kind of document, or undefined when there is none yet. */
export function* findKind(interned: Interned, tenant: string, name: string): Script<number | undefined> {
  const cacheKey = `${tenant}/${name}`;
  const known = interned.kinds.get(cacheKey);
  if (known !== undefined) return known;
  const found = yield* row<{ key: number }>(
    'SELECT key FROM kind WHERE tenant = ? AND name = ?',
    tenant,
    name,
  );
  if (found) interned.kinds.set(cacheKey, found.key);
  return found?.key;
}

export function* internKind(interned: Interned, tenant: string, name: string): Script<number> {
  const found = yield* findKind(interned, tenant, name);
  if (found !== undefined) return found;
  yield* run('INSERT INTO kind (tenant, name) VALUES (?, ?)', tenant, name);
  return (yield* findKind(interned, tenant, name)) ?? 0;
}

/** What the index says of a path: its key, and whether it holds every value in full. */
export function* findPath(
  kind: number,
  path: string,
): Script<{ readonly key: number; readonly isCut: boolean } | undefined> {
  const found = yield* row<{ key: number; is_cut: number }>(
    'SELECT key, is_cut FROM path WHERE kind = ? AND path = ?',
    kind,
    path,
  );
  return found && { key: found.key, isCut: found.is_cut === 1 };
}

export function* findDocument(kind: number, id: string): Script<Document | undefined> {
  return yield* row<DocumentRow>(
    'SELECT key, kind, id, label, body FROM document WHERE kind = ? AND id = ?',
    kind,
    id,
  );
}

export function* findKey(kind: number, id: string): Script<number | undefined> {
  const found = yield* row<{ key: number }>('SELECT key FROM document WHERE kind = ? AND id = ?', kind, id);
  return found?.key;
}

/** Documents by key, in the order of `keys`; fewer when they are large. */
export function* documentsByKey(keys: readonly number[]): Script<readonly Document[]> {
  const documents: Document[] = [];
  let size = 0;
  for (let start = 0; start < keys.length && size < PAGE_CHARACTERS; start += KEYS_AT_ONCE) {
    const some = yield* someByKey(keys.slice(start, start + KEYS_AT_ONCE));
    documents.push(...some);
    size += some.reduce((sum, { body }) => sum + body.length, 0);
  }
  return documents;
}

/** A page of more than this ends early: a client may ask for a thousand documents of megabytes. */
const PAGE_CHARACTERS = 8 * 1024 * 1024;
const KEYS_AT_ONCE = 20;

const byKeys = (places: string): string =>
  `SELECT key, kind, id, label, body FROM document WHERE key IN (${places})`;
const ONE_BY_KEY = byKeys('?');
const SOME_BY_KEY = byKeys(Array<string>(KEYS_AT_ONCE).fill('?').join(', '));

function* someByKey(keys: readonly number[]): Script<readonly Document[]> {
  const places = keys.length === 1 ? 1 : KEYS_AT_ONCE;
  const last = keys.at(-1) ?? 0;
  const found = yield* rows<DocumentRow>(
    places === 1 ? ONE_BY_KEY : SOME_BY_KEY,
    ...keys,
    // Two texts serve any number of keys: a key that is named again is found once.
    ...Array<number>(places - keys.length).fill(last),
  );
  const byKey = new Map(found.map((document) => [document.key, document]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/** The beginning of a value, as the index holds it unless told otherwise; never half of a surrogate pair. */
export function cut(value: string, length = INDEXED_LENGTH): string {
  if (value.length <= length) return value;
  const last = value.charCodeAt(length - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** How many documents a kind has. */
export function* countDocuments(kind: number): Script<number> {
  const found = yield* row<{ total: number }>(
    'SELECT coalesce(sum(documents), 0) AS total FROM page_mark WHERE kind = ?',
    kind,
  );
  return found?.total ?? 0;
}

/**
 * Keys of one page in order of creation. Page marks lead to within a mark's size of the page, so a page deep in the
 * list costs what the first one costs.
 */
export function* pageOfKeys(kind: number, offset: number, count: number): Script<readonly number[]> {
  const start = yield* row<{ mark: number; skipped: number }>(
    `SELECT mark, before AS skipped FROM (
       SELECT mark, documents, sum(documents) OVER (ORDER BY mark) - documents AS before FROM page_mark WHERE kind = ?
     ) AS marks WHERE before + documents > ? ORDER BY mark LIMIT 1`,
    kind,
    offset,
  );
  if (!start) return [];
  const found = yield* rows<{ key: number }>(
    'SELECT key FROM document WHERE kind = ? AND key >= ? ORDER BY key LIMIT ? OFFSET ?',
    kind,
    start.mark * MARK_SIZE,
    count,
    offset - start.skipped,
  );
  return found.map(({ key }) => key);
}
