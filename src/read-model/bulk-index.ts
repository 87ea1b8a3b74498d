// The index over documents while a rebuild fills them: values are set aside in tables of their own as they come, and
// sorted into the index once, at the end. Several times faster than putting each one into its place.
import { cut, INDEXED_LENGTH, type IndexedValue, type Interned } from './documents.js';
import { internPath } from './document-writer.js';
import { insertRows } from './insert-rows.js';
import { rows, run, type Script, type SqlValue } from './script.js';

/** Paths are spread over this many tables: sorting few values at a time is cheaper than all of them. */
const STAGES = 32;

/** The values of a document whose content changed after they were set aside. */
export type ValuesOf = (kindName: string, body: string) => readonly IndexedValue[];

type OutdatedRow = { key: number; kind: number; name: string; body: string };

export class BulkIndex {
  readonly #stages = Array.from({ length: STAGES }, (): SqlValue[] => []);
  readonly #outdated = new Set<number>();
  readonly #cutPaths = new Set<number>();
  #hasTables = false;

  constructor(private readonly interned: Interned) {}

  /** Takes a new document's values; they are written with `flush`. */
  *add(kind: number, document: number, values: readonly IndexedValue[]): Script<void> {
    for (const { path, value } of values) {
      const pathKey =
        this.interned.paths.get(`${kind}/${path}`) ?? (yield* internPath(this.interned, kind, path));
      if (value.length > INDEXED_LENGTH) this.#cutPaths.add(pathKey);
      this.#stages[pathKey % STAGES]?.push(pathKey, cut(value), document);
    }
  }

  /** The values that were added of a document no longer hold: it was changed or removed. */
  outdate(document: number): void {
    this.#outdated.add(document);
  }

  *flush(): Script<void> {
    yield* this.#makeTables();
    for (const [number, values] of this.#stages.entries()) {
      if (values.length === 0) continue;
      yield* insertRows(`stage_${number} (path, value, document)`, 3, values);
      values.length = 0;
    }
    if (this.#outdated.size === 0) return;
    yield* run(
      'INSERT OR IGNORE INTO outdated SELECT value FROM json_each(?)',
      JSON.stringify([...this.#outdated]),
    );
    this.#outdated.clear();
  }

  forget(): void {
    for (const values of this.#stages) values.length = 0;
    this.#outdated.clear();
    this.#cutPaths.clear();
    // A rolled back transaction may have made them.
    this.#hasTables = false;
  }

  /** Sorts everything into the index. */
  *build(valuesOf: ValuesOf): Script<void> {
    yield* this.flush();
    for (let number = 0; number < STAGES; number++) {
      yield* run(`DELETE FROM stage_${number} WHERE document IN (SELECT document FROM outdated)`);
    }
    yield* this.#addOutdated(valuesOf);
    for (let number = 0; number < STAGES; number++) {
      yield* run(
        `INSERT OR IGNORE INTO indexed_value SELECT path, value, document FROM stage_${number}
         ORDER BY path, value, document`,
      );
      yield* run(`DROP TABLE stage_${number}`);
    }
    yield* run('DROP TABLE outdated');
    for (const path of this.#cutPaths) yield* run('UPDATE path SET is_cut = 1 WHERE key = ?', path);
  }

  *#addOutdated(valuesOf: ValuesOf): Script<void> {
    for (let after = 0; ;) {
      const page = yield* rows<OutdatedRow>(
        `SELECT d.key, d.kind, k.name, d.body FROM outdated o CROSS JOIN document d ON d.key = o.document
         JOIN kind k ON k.key = d.kind WHERE o.document > ? ORDER BY o.document LIMIT 200`,
        after,
      );
      for (const { key, kind, name, body } of page) yield* this.add(kind, key, valuesOf(name, body));
      yield* this.flush();
      const last = page.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  *#makeTables(): Script<void> {
    if (this.#hasTables) return;
    for (let number = 0; number < STAGES; number++) {
      yield* run(
        `CREATE TEMP TABLE IF NOT EXISTS stage_${number} (path INTEGER, value TEXT, document INTEGER)`,
      );
    }
    yield* run('CREATE TEMP TABLE IF NOT EXISTS outdated (document INTEGER PRIMARY KEY)');
    this.#hasTables = true;
  }
}
