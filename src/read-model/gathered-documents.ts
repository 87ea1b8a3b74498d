// Writing documents to a database where each statement is a journey: what a batch of events asks for is read at once,
// what it makes of the documents is kept in memory, and the outcome is written with a few statements.
import { internPath } from './document-writer.js';
import {
  cut,
  DOCUMENT_ORDER_INDEX,
  findDocument,
  findKey,
  INDEXED_LENGTH,
  Interned,
  MARK_SIZE,
  type DocumentContent,
  type DocumentRow,
  type Documents,
  type IndexedValue,
  type StoredDocument,
} from './documents.js';
import { row, rows, run, type Script } from './script.js';

/** The values of a stored document, by the name of its kind. */
export type ValuesOf = (kindName: string, body: string) => readonly IndexedValue[];

/** What a batch will ask for: documents as a whole, or only their keys. */
export interface Wanted {
  readonly kind: number;
  readonly id: string;
  readonly isWhole: boolean;
}

interface Kept {
  readonly key: number;
  readonly kind: number;
  /** What it was indexed by before the batch; undefined for a document that is not stored yet. */
  readonly before: (() => readonly IndexedValue[]) | undefined;
  /** Undefined when the document is removed. */
  readonly content: DocumentContent | undefined;
}

const SEQUENCE = 'document_key_seq';
const PAGE = 1000;

export class GatheredDocuments implements Documents {
  readonly interned = new Interned();
  #isIndexed: boolean;
  #nextKey: number | undefined;
  /** What this batch changed, by kind and id. */
  readonly #kept = new Map<string, Kept>();
  /** What was read ahead; undefined is known to be missing. */
  readonly #found = new Map<string, StoredDocument | undefined>();
  readonly #keys = new Map<string, number | undefined>();
  readonly #cutPaths = new Set<number>();

  constructor({ isIndexed }: { readonly isIndexed: boolean }) {
    this.#isIndexed = isIndexed;
  }

  /** Reads what a batch will ask for. */
  *prepare(wanted: readonly Wanted[]): Script<void> {
    const whole = unique(wanted.filter(({ isWhole }) => isWhole));
    if (whole.kinds.length > 0) {
      for (const name of whole.names) this.#found.set(name, undefined);
      const found = yield* rows<DocumentRow>(
        `SELECT d.key, d.kind, d.id, d.label, d.body FROM unnest(?::bigint[], ?::text[]) AS w (kind, id)
         JOIN document d ON d.kind = w.kind AND d.id = w.id`,
        whole.kinds,
        whole.ids,
      );
      for (const { key, kind, id, body } of found) {
        this.#found.set(nameOf(kind, id), { key, kind, id, state: JSON.parse(body) as unknown });
      }
    }
    const keyed = unique(wanted.filter(({ isWhole }) => !isWhole));
    if (keyed.kinds.length === 0) return;
    for (const name of keyed.names) this.#keys.set(name, undefined);
    const found = yield* rows<{ key: number; kind: number; id: string }>(
      `SELECT d.key, d.kind, d.id FROM unnest(?::bigint[], ?::text[]) AS w (kind, id)
       JOIN document d ON d.kind = w.kind AND d.id = w.id`,
      keyed.kinds,
      keyed.ids,
    );
    for (const { key, kind, id } of found) this.#keys.set(nameOf(kind, id), key);
  }

  *find(kind: number, id: string): Script<StoredDocument | undefined> {
    const name = nameOf(kind, id);
    const kept = this.#kept.get(name);
    if (kept) return kept.content && { key: kept.key, kind, id, state: kept.content.state };
    if (this.#found.has(name)) return this.#found.get(name);
    const found = yield* findDocument(kind, id);
    return found && { key: found.key, kind, id, state: JSON.parse(found.body) as unknown };
  }

  *findKey(kind: number, id: string): Script<number | undefined> {
    const name = nameOf(kind, id);
    const kept = this.#kept.get(name);
    if (kept) return kept.content && kept.key;
    if (this.#keys.has(name)) return this.#keys.get(name);
    if (this.#found.has(name)) return this.#found.get(name)?.key;
    return yield* findKey(kind, id);
  }

  *insert(kind: number, content: DocumentContent): Script<number> {
    const key = this.#nextKey ?? (yield* nextKeyOf(SEQUENCE));
    this.#nextKey = key + 1;
    this.#kept.set(nameOf(kind, content.id), { key, kind, before: undefined, content });
    return key;
  }

  // Scripts like those of the table, though they have nothing to ask it.
  // oxlint-disable-next-line require-yield
  *update(
    document: StoredDocument,
    before: () => readonly IndexedValue[],
    content: DocumentContent,
  ): Script<void> {
    this.#keep(document, before, content);
  }

  // oxlint-disable-next-line require-yield
  *remove(document: StoredDocument, before: () => readonly IndexedValue[]): Script<void> {
    this.#keep(document, before, undefined);
  }

  #keep(
    { key, kind, id }: StoredDocument,
    before: () => readonly IndexedValue[],
    content: DocumentContent | undefined,
  ): void {
    const name = nameOf(kind, id);
    const kept = this.#kept.get(name);
    // What is removed before it was ever stored leaves nothing behind.
    if (kept && !kept.before && !content) this.#kept.set(name, { ...kept, content });
    else this.#kept.set(name, { key, kind, before: kept ? kept.before : before, content });
  }

  *flush(): Script<void> {
    const kept = [...this.#kept.values()];
    if (kept.length > 0) {
      yield* writeDocuments(kept);
      if (this.#isIndexed) {
        yield* this.#writeValues(kept);
        yield* countInMarks(kept);
      } else yield* this.#stageValues(kept);
      if (this.#nextKey !== undefined) yield* saveNextKey(SEQUENCE, this.#nextKey);
    }
    this.#forgetBatch();
  }

  forget(): void {
    this.interned.forget();
    this.#forgetBatch();
    this.#cutPaths.clear();
    this.#nextKey = undefined;
  }

  #forgetBatch(): void {
    this.#kept.clear();
    this.#found.clear();
    this.#keys.clear();
  }

  *#writeValues(kept: readonly Kept[]): Script<void> {
    const added = new Entries();
    const removed = new Entries();
    for (const { key, kind, before, content } of kept) {
      const old = yield* this.#entriesOf(kind, before?.() ?? []);
      const now = yield* this.#entriesOf(kind, content?.values() ?? []);
      for (const [name, [path, value]] of old) if (!now.has(name)) removed.push(path, value, key);
      for (const [name, [path, value]] of now) if (!old.has(name)) added.push(path, value, key);
    }
    if (removed.paths.length > 0) {
      yield* run(
        `DELETE FROM indexed_value v USING unnest(?::bigint[], ?::text[], ?::bigint[]) AS gone (path, value, document)
         WHERE v.path = gone.path AND v.value = gone.value AND v.document = gone.document`,
        removed.paths,
        removed.values,
        removed.documents,
      );
    }
    yield* added.insert();
  }

  // Into the index as it is without order. What it has of documents that were stored before is put right at the end.
  *#stageValues(kept: readonly Kept[]): Script<void> {
    const added = new Entries();
    const outdated: number[] = [];
    for (const { key, kind, before, content } of kept) {
      if (before) outdated.push(key);
      else if (content) yield* this.#addEntries(added, kind, key, content.values());
    }
    yield* added.insert('');
    if (outdated.length > 0) {
      yield* run('INSERT INTO outdated SELECT * FROM unnest(?::bigint[]) ON CONFLICT DO NOTHING', outdated);
    }
  }

  *#addEntries(
    entries: Entries,
    kind: number,
    document: number,
    values: readonly IndexedValue[],
  ): Script<void> {
    const found = yield* this.#entriesOf(kind, values);
    for (const [path, value] of found.values()) entries.push(path, value, document);
  }

  /** Entries of the index by what they show: two long values may share one. */
  *#entriesOf(
    kind: number,
    values: readonly IndexedValue[],
  ): Script<ReadonlyMap<string, readonly [path: number, value: string]>> {
    const entries = new Map<string, readonly [number, string]>();
    for (const { path, value } of values) {
      const pathKey =
        this.interned.paths.get(`${kind}/${path}`) ?? (yield* internPath(this.interned, kind, path));
      if (value.length > INDEXED_LENGTH && !this.#cutPaths.has(pathKey)) {
        yield* run('UPDATE path SET is_cut = 1 WHERE key = ?', pathKey);
        this.#cutPaths.add(pathKey);
      }
      const shown = cut(value);
      entries.set(`${pathKey} ${shown}`, [pathKey, shown]);
    }
    return entries;
  }

  /** Before a bulk load: what would be in its way until `finish`. */
  *begin(): Script<void> {
    yield* run('ALTER TABLE indexed_value DROP CONSTRAINT indexed_value_pkey');
    yield* run('CREATE TABLE outdated (document BIGINT PRIMARY KEY)');
  }

  /** Ends a bulk load: puts the index in its order. */
  *finish(valuesOf: ValuesOf): Script<void> {
    yield* this.flush();
    yield* run('DELETE FROM indexed_value WHERE document IN (SELECT document FROM outdated)');
    yield* this.#addOutdated(valuesOf);
    yield* run('DROP TABLE outdated');
    yield* run('ALTER TABLE indexed_value ADD PRIMARY KEY (path, value, document)');
    yield* run(
      `INSERT INTO page_mark SELECT kind, key / ${MARK_SIZE}, count(*) FROM document GROUP BY kind, key / ${MARK_SIZE}`,
    );
    yield* run(DOCUMENT_ORDER_INDEX);
    this.#isIndexed = true;
  }

  *#addOutdated(valuesOf: ValuesOf): Script<void> {
    for (let after = 0; ;) {
      const page = yield* rows<{ key: number; kind: number; name: string; body: string }>(
        `SELECT d.key, d.kind, k.name, d.body FROM outdated o JOIN document d ON d.key = o.document
         JOIN kind k ON k.key = d.kind WHERE d.key > ? ORDER BY d.key LIMIT ${PAGE}`,
        after,
      );
      const entries = new Entries();
      for (const { key, kind, name, body } of page) {
        yield* this.#addEntries(entries, kind, key, valuesOf(name, body));
      }
      yield* entries.insert('');
      const last = page.at(-1);
      if (!last) return;
      after = last.key;
    }
  }
}

function nameOf(kind: number, id: string): string {
  return `${kind}/${id}`;
}

function unique(wanted: readonly Wanted[]) {
  const byName = new Map(wanted.map((one) => [nameOf(one.kind, one.id), one]));
  const all = [...byName.values()];
  return { names: [...byName.keys()], kinds: all.map(({ kind }) => kind), ids: all.map(({ id }) => id) };
}

class Entries {
  readonly paths: number[] = [];
  readonly values: string[] = [];
  readonly documents: number[] = [];

  push(path: number, value: string, document: number): void {
    this.paths.push(path);
    this.values.push(value);
    this.documents.push(document);
  }

  *insert(onConflict = 'ON CONFLICT DO NOTHING'): Script<void> {
    if (this.paths.length === 0) return;
    yield* run(
      `INSERT INTO indexed_value (path, value, document)
       SELECT * FROM unnest(?::bigint[], ?::text[], ?::bigint[]) ${onConflict}`,
      this.paths,
      this.values,
      this.documents,
    );
  }
}

function* writeDocuments(kept: readonly Kept[]): Script<void> {
  const removed = kept.filter(({ before, content }) => before && !content);
  if (removed.length > 0) {
    yield* run(
      'DELETE FROM document WHERE key = ANY (?::bigint[])',
      removed.map(({ key }) => key),
    );
  }
  const updated = kept.filter(({ before, content }) => before && content);
  if (updated.length > 0) {
    yield* run(
      `UPDATE document d SET label = w.label, body = w.body
       FROM unnest(?::bigint[], ?::text[], ${BODIES}) AS w (key, label, body) WHERE d.key = w.key`,
      updated.map(({ key }) => key),
      updated.map(({ content }) => content?.label ?? ''),
      bodiesOf(updated),
    );
  }
  const inserted = kept.filter(({ before, content }) => !before && content);
  if (inserted.length === 0) return;
  yield* run(
    `INSERT INTO document (key, kind, id, label, body)
     SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ${BODIES})`,
    inserted.map(({ key }) => key),
    inserted.map(({ kind }) => kind),
    inserted.map(({ content }) => content?.id ?? ''),
    inserted.map(({ content }) => content?.label ?? ''),
    bodiesOf(inserted),
  );
}

// JSON shows no control character as it is: one can stand between bodies, which then need no quoting.
const BODIES = `string_to_array(?, E'\\x1f')`;

function bodiesOf(kept: readonly Kept[]): string {
  return kept.map(({ content }) => JSON.stringify(content?.state)).join('\x1f');
}

function* countInMarks(kept: readonly Kept[]): Script<void> {
  const marks = new Map<string, { readonly kind: number; readonly mark: number; by: number }>();
  for (const { key, kind, before, content } of kept) {
    const by = (content ? 1 : 0) - (before ? 1 : 0);
    if (by === 0) continue;
    const mark = Math.floor(key / MARK_SIZE);
    const name = `${kind}/${mark}`;
    const counted = marks.get(name);
    if (counted) counted.by += by;
    else marks.set(name, { kind, mark, by });
  }
  if (marks.size === 0) return;
  const all = [...marks.values()];
  yield* run(
    `INSERT INTO page_mark (kind, mark, documents) SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[])
     ON CONFLICT (kind, mark) DO UPDATE SET documents = page_mark.documents + excluded.documents`,
    all.map(({ kind }) => kind),
    all.map(({ mark }) => mark),
    all.map(({ by }) => by),
  );
}

/** The first key that a sequence has not given out. Only whoever owns the generation may take keys from it. */
export function* nextKeyOf(sequence: string): Script<number> {
  const found = yield* row<{ key: number }>(
    `SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END AS key FROM ${sequence}`,
  );
  return found?.key ?? 1;
}

export function* saveNextKey(sequence: string, next: number): Script<void> {
  yield* run(`SELECT setval('${sequence}', ?::bigint, false)`, next);
}
