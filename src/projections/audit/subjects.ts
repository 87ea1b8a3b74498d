// What things were called, and who was a member of what: the audit's own knowledge of the past, so that an entry can
// name those it is about without asking the directory, which only knows the present.
import { insertRows } from '../../read-model/insert-rows.js';
import { row, rows, run, type Script, type SqlValue } from '../../read-model/script.js';
import type { Subject } from './audit-entry.js';

export const SUBJECT_TABLES: readonly string[] = [
  `CREATE TABLE subject (key INTEGER PRIMARY KEY, tenant TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
     label TEXT NOT NULL)`,
  `CREATE UNIQUE INDEX subject_id ON subject (tenant, id, type)`,
  `CREATE TABLE subject_membership (holder INTEGER NOT NULL, member INTEGER NOT NULL,
     PRIMARY KEY (holder, member)) WITHOUT ROWID`,
  `CREATE INDEX subject_membership_of ON subject_membership (member, holder)`,
];

export interface KnownSubject extends Subject {
  readonly key: number;
}

type SubjectRow = { key: number; type: string; id: string; label: string };

/** Finds and names subjects. In a bulk load those of a batch are kept in memory and added at once. */
export class Subjects {
  readonly #isBulkLoad: boolean;
  #nextKey = 1;
  /** By tenant and id, what this batch has seen. */
  readonly #known = new Map<string, KnownSubject>();
  readonly #added = new Map<number, { readonly tenant: string; readonly subject: KnownSubject }>();

  constructor({ isBulkLoad }: { readonly isBulkLoad: boolean }) {
    this.#isBulkLoad = isBulkLoad;
  }

  /** The subject with this id, of whatever type. */
  *find(tenant: string, id: string): Script<KnownSubject | undefined> {
    const known = this.#known.get(nameOf(tenant, id));
    if (known) return known;
    const found = yield* row<SubjectRow>(
      'SELECT key, type, id, label FROM subject WHERE tenant = ? AND id = ?',
      tenant,
      id,
    );
    if (found && this.#isBulkLoad) this.#known.set(nameOf(tenant, id), found);
    return found;
  }

  *add(tenant: string, { type, id, label }: Subject): Script<KnownSubject> {
    if (this.#isBulkLoad) {
      const subject = { key: this.#nextKey++, type, id, label };
      this.#known.set(nameOf(tenant, id), subject);
      this.#added.set(subject.key, { tenant, subject });
      return subject;
    }
    const added = yield* row<{ key: number }>(
      'INSERT INTO subject (tenant, type, id, label) VALUES (?, ?, ?, ?) RETURNING key',
      tenant,
      type,
      id,
      label,
    );
    return { key: added?.key ?? 0, type, id, label };
  }

  *rename(tenant: string, subject: KnownSubject, label: string): Script<void> {
    const renamed = { ...subject, label };
    if (this.#isBulkLoad) this.#known.set(nameOf(tenant, subject.id), renamed);
    if (this.#added.has(subject.key)) this.#added.set(subject.key, { tenant, subject: renamed });
    else yield* run('UPDATE subject SET label = ? WHERE key = ?', label, subject.key);
  }

  /** Takes a deleted subject out of everything; returns what it was a member of. */
  *leaveAll(member: number): Script<readonly Subject[]> {
    yield* this.flush();
    const left = yield* rows<SubjectRow>(
      `SELECT s.key, s.type, s.id, s.label FROM subject_membership m JOIN subject s ON s.key = m.holder
       WHERE m.member = ? ORDER BY s.label, s.id`,
      member,
    );
    yield* run('DELETE FROM subject_membership WHERE member = ?', member);
    yield* clearMembers(member);
    return left.map(({ type, id, label }) => ({ type, id, label }));
  }

  /** Writes what is still in memory; before each commit. */
  *flush(): Script<void> {
    const values: SqlValue[] = [];
    for (const { tenant, subject } of this.#added.values()) {
      values.push(subject.key, tenant, subject.type, subject.id, subject.label);
    }
    yield* insertRows('subject (key, tenant, type, id, label)', 5, values);
    this.forget();
  }

  forget(): void {
    this.#known.clear();
    this.#added.clear();
  }
}

function nameOf(tenant: string, id: string): string {
  return `${tenant}/${id}`;
}

export function* joinSubjects(holder: number, member: number): Script<void> {
  yield* run(
    'INSERT INTO subject_membership (holder, member) VALUES (?, ?) ON CONFLICT DO NOTHING',
    holder,
    member,
  );
}

export function* partSubjects(holder: number, member: number): Script<void> {
  yield* run('DELETE FROM subject_membership WHERE holder = ? AND member = ?', holder, member);
}

export function* clearMembers(holder: number): Script<void> {
  yield* run('DELETE FROM subject_membership WHERE holder = ?', holder);
}
