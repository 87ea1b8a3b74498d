// Writing documents to a database where each statement is a journey: what a batch of events asks for is read at once,
// what it makes of the documents is kept in memory, and the outcome is written with a few statements.
import {
  findDocument,
  findKey,
  Interned,
  type DocumentContent,
  type DocumentRow,
  type Documents,
  type IndexedValue,
  type StoredDocument,
} from './documents.js';
import { GatheredIndex, type ValuesOf } from './gathered-index.js';
import { countInMarks, writeDocuments, type Kept } from './gathered-rows.js';
import { row, rows, run, type Script } from './script.js';

/** What a batch will ask for: documents as a whole, or only their keys. */
export interface Wanted {
  readonly kind: number;
  readonly id: string;
  readonly isWhole: boolean;
}

const SEQUENCE = 'document_key_seq';

export class GatheredDocuments implements Documents {
  readonly interned = new Interned();
  readonly #index = new GatheredIndex(this.interned);
  #isIndexed: boolean;
  #nextKey: number | undefined;
  /** What this batch changed, by kind and id. */
  readonly #kept = new Map<string, Kept>();
  /** What was read ahead; undefined is known to be missing. */
  readonly #found = new Map<string, StoredDocument | undefined>();
  readonly #keys = new Map<string, number | undefined>();

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
        yield* this.#index.write(kept);
        yield* countInMarks(kept);
      } else yield* this.#index.setAside(kept);
      if (this.#nextKey !== undefined) yield* saveNextKey(SEQUENCE, this.#nextKey);
    }
    this.#forgetBatch();
  }

  forget(): void {
    this.interned.forget();
    this.#forgetBatch();
    this.#index.forget();
    this.#nextKey = undefined;
  }

  #forgetBatch(): void {
    this.#kept.clear();
    this.#found.clear();
    this.#keys.clear();
  }

  /** Before a bulk load: takes away what would be in its way until `finish`. */
  begin(): Script<void> {
    return this.#index.begin();
  }

  /** Ends a bulk load: makes the index that it left out. */
  *finish(valuesOf: ValuesOf): Script<void> {
    yield* this.flush();
    yield* this.#index.finish(valuesOf);
    this.#isIndexed = true;
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
