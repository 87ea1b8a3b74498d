// Rows of documents that were gathered in memory, written with a statement for each kind of change.
import { MARK_SIZE, type DocumentContent, type IndexedValue } from './documents.js';
import { run, type Script } from './script.js';

/** What a batch made of a document. */
export interface Kept {
  readonly key: number;
  readonly kind: number;
  /** What it was indexed by before the batch; undefined for a document that is not stored yet. */
  readonly before: (() => readonly IndexedValue[]) | undefined;
  /** Undefined when the document is removed. */
  readonly content: DocumentContent | undefined;
}

export function* writeDocuments(kept: readonly Kept[]): Script<void> {
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

/** Counts documents in and out of their page marks. */
export function* countInMarks(kept: readonly Kept[]): Script<void> {
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
