import { GatheredLinks } from '../../read-model/gathered-links.js';
import { nextKeyOf, saveNextKey } from '../../read-model/gathered-documents.js';
import { row, rows, run, type Script } from '../../read-model/script.js';
import type { Subject } from './audit-entry.js';
import {
  holdersOf,
  SUBJECT_MEMBERSHIP,
  type KnownSubject,
  type SubjectRow,
  type Subjects,
} from './subjects.js';

const SEQUENCE = 'subject_key_seq';

/** A subject that a batch will ask for. */
export interface WantedSubject {
  readonly tenant: string;
  readonly id: string;
}

interface Changed {
  readonly tenant: string;
  readonly subject: KnownSubject;
  readonly isStored: boolean;
}

/** Subjects that are read ahead, gathered in memory and written with a few statements. */
export class GatheredSubjects implements Subjects {
  readonly memberships = new GatheredLinks(SUBJECT_MEMBERSHIP);
  #nextKey: number | undefined;
  /** What was read ahead, added or renamed; undefined is known to be missing. */
  readonly #known = new Map<string, KnownSubject | undefined>();
  readonly #changed = new Map<number, Changed>();

  /** Reads what a batch will ask for. */
  *prepare(wanted: readonly WantedSubject[]): Script<void> {
    const unknown = wanted.filter(({ tenant, id }) => !this.#known.has(nameOf(tenant, id)));
    if (unknown.length === 0) return;
    for (const { tenant, id } of unknown) this.#known.set(nameOf(tenant, id), undefined);
    const found = yield* rows<SubjectRow & { tenant: string }>(
      `SELECT DISTINCT s.tenant, s.key, s.type, s.id, s.label FROM unnest(?::text[], ?::text[]) AS w (tenant, id)
       JOIN subject s ON s.tenant = w.tenant AND s.id = w.id ORDER BY s.key DESC`,
      unknown.map(({ tenant }) => tenant),
      unknown.map(({ id }) => id),
    );
    for (const { tenant, ...subject } of found) this.#known.set(nameOf(tenant, subject.id), subject);
  }

  *find(tenant: string, id: string): Script<KnownSubject | undefined> {
    const name = nameOf(tenant, id);
    if (this.#known.has(name)) return this.#known.get(name);
    const found = yield* row<SubjectRow>(
      'SELECT key, type, id, label FROM subject WHERE tenant = ? AND id = ? ORDER BY key LIMIT 1',
      tenant,
      id,
    );
    this.#known.set(name, found);
    return found;
  }

  *add(tenant: string, { type, id, label }: Subject): Script<KnownSubject> {
    const key = this.#nextKey ?? (yield* nextKeyOf(SEQUENCE));
    this.#nextKey = key + 1;
    const subject = { key, type, id, label };
    this.#known.set(nameOf(tenant, id), subject);
    this.#changed.set(key, { tenant, subject, isStored: false });
    return subject;
  }

  // A script like that of the table, though it has nothing to ask it.
  // oxlint-disable-next-line require-yield
  *rename(tenant: string, subject: KnownSubject, label: string): Script<void> {
    const renamed = { ...subject, label };
    this.#known.set(nameOf(tenant, subject.id), renamed);
    const isStored = this.#changed.get(subject.key)?.isStored ?? true;
    this.#changed.set(subject.key, { tenant, subject: renamed, isStored });
  }

  *leaveAll(member: number): Script<readonly Subject[]> {
    // Names and memberships that are still in memory count as well.
    yield* this.#write();
    const left = yield* holdersOf(member);
    yield* this.memberships.leave(member);
    yield* this.memberships.clear(member);
    return left;
  }

  *flush(): Script<void> {
    yield* this.#write();
    this.#known.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#changed.clear();
    this.memberships.forget();
    this.#nextKey = undefined;
  }

  *#write(): Script<void> {
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    const renamed = changed.filter(({ isStored }) => isStored).map(({ subject }) => subject);
    if (renamed.length > 0) {
      yield* run(
        `UPDATE subject s SET label = w.label FROM unnest(?::bigint[], ?::text[]) AS w (key, label) WHERE s.key = w.key`,
        renamed.map(({ key }) => key),
        renamed.map(({ label }) => label),
      );
    }
    const added = changed.filter(({ isStored }) => !isStored);
    if (added.length > 0) {
      yield* run(
        `INSERT INTO subject (key, tenant, type, id, label)
         SELECT * FROM unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[])`,
        added.map(({ subject }) => subject.key),
        added.map(({ tenant }) => tenant),
        added.map(({ subject }) => subject.type),
        added.map(({ subject }) => subject.id),
        added.map(({ subject }) => subject.label),
      );
      if (this.#nextKey !== undefined) yield* saveNextKey(SEQUENCE, this.#nextKey);
    }
    yield* this.memberships.flush();
  }
}

function nameOf(tenant: string, id: string): string {
  return `${tenant}/${id}`;
}
