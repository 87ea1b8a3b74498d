// Writing documents in a rebuild. What a batch makes of a document is kept in memory and written once, many documents
// in a statement; the index is left for the end.
import { BulkIndex, type ValuesOf } from './bulk-index.js';
import { countInMark } from './document-writer.js';
import {
  findDocument,
  findKey,
  Interned,
  MARK_SIZE,
  type DocumentContent,
  type Documents,
  type StoredDocument,
} from './documents.js';
import { insertRows } from './insert-rows.js';
import { run, type Script, type SqlValue } from './script.js';

interface Kept {
  readonly key: number;
  readonly kind: number;
  /** Undefined when the document is removed. */
  readonly content: DocumentContent | undefined;
  readonly isWritten: boolean;
}

/** Still found after they were written, by those who find recent documents only. */
const RECENT = 100;

export interface BulkOptions {
  /**
   * Whether any document can be found. Otherwise only this batch's and the last few before it, and the tables need no
   * index by id before the end.
   */
  readonly findsAll: boolean;
}

export class BulkDocuments implements Documents {
  readonly interned = new Interned();
  readonly #index = new BulkIndex(this.interned);
  readonly #findsAll: boolean;
  /** What this batch changed, by kind and id. */
  #kept = new Map<string, Kept>();
  #recent = new Map<string, Kept>();
  #nextKey = 1;

  constructor({ findsAll }: BulkOptions) {
    this.#findsAll = findsAll;
  }

  *find(kind: number, id: string): Script<StoredDocument | undefined> {
    const name = nameOf(kind, id);
    const kept = this.#kept.get(name) ?? this.#recent.get(name);
    if (kept) return kept.content && { key: kept.key, kind, id, state: kept.content.state };
    if (!this.#findsAll) return undefined;
    const found = yield* findDocument(kind, id);
    return found && { key: found.key, kind, id, state: JSON.parse(found.body) as unknown };
  }

  *findKey(kind: number, id: string): Script<number | undefined> {
    const kept = this.#kept.get(nameOf(kind, id));
    if (kept) return kept.content && kept.key;
    return yield* findKey(kind, id);
  }

  // A script like the live writer's, though it has nothing to ask the tables.
  // oxlint-disable-next-line require-yield
  *insert(kind: number, content: DocumentContent): Script<number> {
    const key = this.#nextKey++;
    this.#kept.set(nameOf(kind, content.id), { key, kind, content, isWritten: false });
    return key;
  }

  // oxlint-disable-next-line require-yield
  *update(document: StoredDocument, _before: unknown, content: DocumentContent): Script<void> {
    this.#keep(document, content);
  }

  // oxlint-disable-next-line require-yield
  *remove(document: StoredDocument): Script<void> {
    this.#keep(document, undefined);
  }

  *flush(): Script<void> {
    const inserted: SqlValue[] = [];
    const inMarks = new Map<string, { readonly kind: number; readonly key: number; by: number }>();
    for (const { key, kind, content, isWritten } of this.#kept.values()) {
      if (isWritten) this.#index.outdate(key);
      if (content === undefined) {
        if (isWritten) yield* run('DELETE FROM document WHERE key = ?', key);
        if (isWritten) yield* countInMark(kind, key, -1);
      } else if (isWritten) {
        const body = JSON.stringify(content.state);
        yield* run('UPDATE document SET label = ?, body = ? WHERE key = ?', content.label, body, key);
      } else {
        inserted.push(key, kind, content.id, content.label, JSON.stringify(content.state));
        yield* this.#index.add(kind, key, content.values());
        const mark = `${kind}/${Math.floor(key / MARK_SIZE)}`;
        const counted = inMarks.get(mark);
        if (counted) counted.by++;
        else inMarks.set(mark, { kind, key, by: 1 });
      }
    }
    yield* insertRows('document (key, kind, id, label, body)', 5, inserted);
    for (const { kind, key, by } of inMarks.values()) yield* countInMark(kind, key, by);
    yield* this.#index.flush();
    this.#forgetWritten();
  }

  forget(): void {
    this.interned.forget();
    this.#index.forget();
    this.#kept.clear();
    this.#recent.clear();
  }

  /** Ends the load: makes the index. */
  *finish(valuesOf: ValuesOf): Script<void> {
    yield* this.flush();
    yield* this.#index.build(valuesOf);
    // Keys that were given to documents removed in the same batch are not to be given again.
    yield* run("DELETE FROM sqlite_sequence WHERE name = 'document'");
    yield* run("INSERT INTO sqlite_sequence (name, seq) VALUES ('document', ?)", this.#nextKey - 1);
  }

  #keep({ key, kind, id }: StoredDocument, content: DocumentContent | undefined): void {
    const name = nameOf(kind, id);
    const isWritten = this.#kept.get(name)?.isWritten ?? true;
    this.#kept.set(name, { key, kind, content, isWritten });
  }

  #forgetWritten(): void {
    const last = [...this.#kept].slice(-RECENT);
    this.#recent = new Map(last.map(([name, kept]) => [name, { ...kept, isWritten: true }]));
    this.#kept = new Map();
  }
}

function nameOf(kind: number, id: string): string {
  return `${kind}/${id}`;
}
