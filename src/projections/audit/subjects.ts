// What things were called, and who was a member of what: the audit's own knowledge of the past, so that an entry can
// name those it is about without asking the directory, which only knows the present.
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

export interface KnownSubject extends Subject {
  readonly key: number;
}

type SubjectRow = { key: number; type: string; id: string; label: string };

/** The subject with this id, of whatever type. */
export function* findSubject(tenant: string, id: string): Script<KnownSubject | undefined> {
  return yield* row<SubjectRow>(
    'SELECT key, type, id, label FROM subject WHERE tenant = ? AND id = ?',
    tenant,
    id,
  );
}

export function* addSubject(tenant: string, { type, id, label }: Subject): Script<KnownSubject> {
  const added = yield* row<{ key: number }>(
    'INSERT INTO subject (tenant, type, id, label) VALUES (?, ?, ?, ?) RETURNING key',
    tenant,
    type,
    id,
    label,
  );
  return { key: added?.key ?? 0, type, id, label };
}

export function* renameSubject(key: number, label: string): Script<void> {
  yield* run('UPDATE subject SET label = ? WHERE key = ?', label, key);
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

/** Takes a deleted subject out of everything; returns what it was a member of. */
export function* leaveAll(member: number): Script<readonly Subject[]> {
  const left = yield* rows<SubjectRow>(
    `SELECT s.key, s.type, s.id, s.label FROM subject_membership m JOIN subject s ON s.key = m.holder
     WHERE m.member = ? ORDER BY s.label, s.id`,
    member,
  );
  yield* run('DELETE FROM subject_membership WHERE member = ?', member);
  yield* clearMembers(member);
  return left.map(({ type, id, label }) => ({ type, id, label }));
}
