// The index over documents that are gathered in memory: written with a few statements, or set aside in a bulk load.
import { internPath } from './document-writer.js';
import { cut, INDEXED_LENGTH, MARK_SIZE, type IndexedValue, type Interned } from './documents.js';
import type { Kept } from './gathered-rows.js';
import { rows, run, type Script } from './script.js';

/** The values of a stored document, by the name of its kind. */
export type ValuesOf = (kindName: string, body: string) => readonly IndexedValue[];

const PAGE = 1000;

export class GatheredIndex {
  readonly #cutPaths = new Set<number>();

  constructor(private readonly interned: Interned) {}

  /** Brings the index from what documents were before to what they are now. */
  *write(kept: readonly Kept[]): Script<void> {
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

  /** In a bulk load: without order. What the index has of documents that were stored before is put right at the end. */
  *setAside(kept: readonly Kept[]): Script<void> {
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

  /** Ends a bulk load: puts the index in its order, and counts documents in their marks. */
  *finish(valuesOf: ValuesOf): Script<void> {
    yield* run('DELETE FROM indexed_value WHERE document IN (SELECT document FROM outdated)');
    yield* this.#addOutdated(valuesOf);
    yield* run('DROP TABLE outdated');
    yield* run(`SET LOCAL maintenance_work_mem = '128MB'`);
    yield* run('ALTER TABLE indexed_value ADD PRIMARY KEY (path, value, document)');
    yield* run(
      `INSERT INTO page_mark SELECT kind, key / ${MARK_SIZE}, count(*) FROM document GROUP BY kind, key / ${MARK_SIZE}`,
    );
  }

  *#addOutdated(valuesOf: ValuesOf): Script<void> {
    for (let after = 0; ;) {
      // The page is cut before the join: nobody knows yet how many rows these tables have.
      const page = yield* rows<{
        key: number;
        kind: number | null;
        name: string | null;
        body: string | null;
      }>(
        `SELECT o.document AS key, d.kind, k.name, d.body
         FROM (SELECT document FROM outdated WHERE document > ? ORDER BY document LIMIT ${PAGE}) AS o
         LEFT JOIN document d ON d.key = o.document LEFT JOIN kind k ON k.key = d.kind ORDER BY o.document`,
        after,
      );
      const entries = new Entries();
      for (const { key, kind, name, body } of page) {
        if (kind === null || name === null || body === null) continue;
        yield* this.#addEntries(entries, kind, key, valuesOf(name, body));
      }
      yield* entries.insert('');
      const last = page.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  forget(): void {
    this.#cutPaths.clear();
  }
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
