// Subjects in a rebuild: those of a batch are kept in memory and added at once.
import { insertRows } from '../../read-model/insert-rows.js';
import { LinkTable } from '../../read-model/links.js';
import { row, run, type Script, type SqlValue } from '../../read-model/script.js';
import type { Subject } from './audit-entry.js';
import {
  holdersOf,
  SUBJECT_MEMBERSHIP,
  type KnownSubject,
  type SubjectRow,
  type Subjects,
} from './subjects.js';

export class BulkSubjects implements Subjects {
  readonly memberships = new LinkTable(SUBJECT_MEMBERSHIP);
  #nextKey = 1;
  /** By tenant and id, what this batch has seen. */
  readonly #known = new Map<string, KnownSubject>();
  readonly #added = new Map<number, { readonly tenant: string; readonly subject: KnownSubject }>();

  *find(tenant: string, id: string): Script<KnownSubject | undefined> {
    const known = this.#known.get(nameOf(tenant, id));
    if (known) return known;
    const found = yield* row<SubjectRow>(
      'SELECT key, type, id, label FROM subject WHERE tenant = ? AND id = ?',
      tenant,
      id,
    );
    if (found) this.#known.set(nameOf(tenant, id), found);
    return found;
  }

  // A script like the live one's, though it has nothing to ask the tables.
  // oxlint-disable-next-line require-yield
  *add(tenant: string, { type, id, label }: Subject): Script<KnownSubject> {
    const subject = { key: this.#nextKey++, type, id, label };
    this.#known.set(nameOf(tenant, id), subject);
    this.#added.set(subject.key, { tenant, subject });
    return subject;
  }

  *rename(tenant: string, subject: KnownSubject, label: string): Script<void> {
    const renamed = { ...subject, label };
    this.#known.set(nameOf(tenant, subject.id), renamed);
    if (this.#added.has(subject.key)) this.#added.set(subject.key, { tenant, subject: renamed });
    else yield* run('UPDATE subject SET label = ? WHERE key = ?', label, subject.key);
  }

  *leaveAll(member: number): Script<readonly Subject[]> {
    yield* this.flush();
    const left = yield* holdersOf(member);
    yield* this.memberships.leave(member);
    yield* this.memberships.clear(member);
    return left;
  }

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
