// What things were called, and who was a member of what: the audit's own knowledge of the past, so that an entry can
// name those it is about without asking the directory, which only knows the present.
import { LinkTable, type Links } from '../../read-model/links.js';
import { row, rows, run, type Script } from '../../read-model/script.js';
import type { Subject } from './audit-entry.js';

export const SUBJECT_TABLES: readonly string[] = [
  `CREATE TABLE subject (key INTEGER PRIMARY KEY, tenant TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
     label TEXT NOT NULL)`,
  `CREATE UNIQUE INDEX subject_id ON subject (tenant, id, type)`,
  `CREATE TABLE subject_membership (holder INTEGER NOT NULL, member INTEGER NOT NULL,
     PRIMARY KEY (holder, member)) WITHOUT ROWID`,
  `CREATE INDEX subject_membership_of ON subject_membership (member, holder)`,
];

export const SUBJECT_MEMBERSHIP = 'subject_membership';

export interface KnownSubject extends Subject {
  readonly key: number;
}

export type SubjectRow = { key: number; type: string; id: string; label: string };

/** Finds and names subjects, and keeps who is a member of what. */
export interface Subjects {
  readonly memberships: Links;
  /** The subject with this id, of whatever type. */
  find(tenant: string, id: string): Script<KnownSubject | undefined>;
  add(tenant: string, subject: Subject): Script<KnownSubject>;
  rename(tenant: string, subject: KnownSubject, label: string): Script<void>;
  /** Takes a deleted subject out of everything; returns what it was a member of. */
  leaveAll(member: number): Script<readonly Subject[]>;
  /** Writes what is still in memory; before each commit. */
  flush(): Script<void>;
  /** The transaction was rolled back: forgets what is in memory. */
  forget(): void;
}

/** Subjects that are written at once. */
export class SubjectTable implements Subjects {
  readonly memberships = new LinkTable(SUBJECT_MEMBERSHIP);

  *find(tenant: string, id: string): Script<KnownSubject | undefined> {
    return yield* row<SubjectRow>(
      'SELECT key, type, id, label FROM subject WHERE tenant = ? AND id = ?',
      tenant,
      id,
    );
  }

  *add(tenant: string, { type, id, label }: Subject): Script<KnownSubject> {
    const added = yield* row<{ key: number }>(
      'INSERT INTO subject (tenant, type, id, label) VALUES (?, ?, ?, ?) RETURNING key',
      tenant,
      type,
      id,
      label,
    );
    return { key: added?.key ?? 0, type, id, label };
  }

  *rename(_tenant: string, { key }: KnownSubject, label: string): Script<void> {
    yield* run('UPDATE subject SET label = ? WHERE key = ?', label, key);
  }

  *leaveAll(member: number): Script<readonly Subject[]> {
    const left = yield* holdersOf(member);
    yield* this.memberships.leave(member);
    yield* this.memberships.clear(member);
    return left;
  }

  *flush(): Script<void> {}

  forget(): void {}
}

/** What a subject is a member of. */
export function* holdersOf(member: number): Script<readonly Subject[]> {
  const found = yield* rows<SubjectRow>(
    `SELECT s.key, s.type, s.id, s.label FROM subject_membership m JOIN subject s ON s.key = m.holder
     WHERE m.member = ? ORDER BY s.label, s.id`,
    member,
  );
  return found.map(({ type, id, label }) => ({ type, id, label }));
}
