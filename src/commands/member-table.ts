// Members of the groups this process has written to. Disposable: filled only from committed events, stamped with the
// event it has reached, and dropped when the log says otherwise. A change of three members costs three look-ups,
// whether the group has ten members or a hundred thousand.
import Database from 'better-sqlite3';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { ResourceState } from '../resources/evolve.js';
import type { Member, ResourceType } from '../resources/resource-type.js';

/** The members of one group as the last committed event left them. */
export interface MemberSet {
  readonly size: number;
  has(id: string): boolean;
  values(): Iterable<Member>;
}

/** How far the table knows a group. */
export interface Stamp {
  readonly key: number;
  readonly revision: number;
  readonly eventId: string;
  readonly state: ResourceState;
}

const TABLES = `
  CREATE TABLE stamp (key INTEGER PRIMARY KEY, stream TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL,
    event_id TEXT NOT NULL, size INTEGER NOT NULL, state TEXT NOT NULL);
  CREATE TABLE member (stamp INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, PRIMARY KEY (stamp, id)) WITHOUT ROWID;
`;

@Injectable()
export class MemberTable implements OnApplicationShutdown {
  // An unnamed database lives in a temporary file that goes with the connection: memory stays bounded.
  #database = new Database('');
  #statements = this.#open();

  /** Forgets everything; used when the table itself cannot be written. */
  forgetAll(): void {
    this.#database.close();
    this.#database = new Database('');
    this.#statements = this.#open();
  }

  #open(): Statements {
    this.#database.pragma('journal_mode = OFF');
    this.#database.pragma('synchronous = OFF');
    this.#database.pragma('cache_size = -16384');
    this.#database.exec(TABLES);
    return prepare(this.#database);
  }

  stampOf(stream: string): Stamp | undefined {
    const found = this.#statements.stamp.get(stream);
    if (!found) return undefined;
    const { key, revision, event_id: eventId, state } = found as StampRow;
    // Written by `advance` as a ResourceState.
    return { key, revision, eventId, state: JSON.parse(state) as ResourceState };
  }

  /** Applies a stream's next events; `events` begin right after the stamp, or at the stream's start. */
  advance(
    type: ResourceType,
    stream: string,
    stamp: Stamp | undefined,
    events: readonly LedgerEvent[],
    state: ResourceState,
  ): Stamp {
    const last = events.at(-1);
    if (!last) throw new Error(`no events to advance ${stream} by`);
    const key = stamp?.key ?? Number(this.#statements.insert.run(stream, -1, '', '{}').lastInsertRowid);
    for (const event of events) this.#apply(type, key, event);
    this.#statements.update.run(last.revision, last.id, JSON.stringify(state), key);
    return { key, revision: last.revision, eventId: last.id, state };
  }

  /** Forgets a group; it is read from the log again when next needed. */
  drop(stamp: Stamp): void {
    this.#statements.clear.run(stamp.key);
    this.#statements.drop.run(stamp.key);
  }

  members({ key }: Stamp): MemberSet {
    const { has, all, size } = this.#statements;
    return {
      get size(): number {
        return (size.get(key) as { size: number }).size;
      },
      has: (id) => has.get(key, id) !== undefined,
      values: () => all.iterate(key) as IterableIterator<{ value: string; type: string }>,
    };
  }

  // Not onModuleDestroy, which runs while requests are still being finished.
  onApplicationShutdown(): void {
    this.#database.close();
  }

  #apply(type: ResourceType, key: number, event: LedgerEvent): void {
    const names = type.vocabulary.members;
    // Written by the decision in this shape.
    const members = (event.data['members'] ?? []) as unknown as readonly Member[];
    const { add, remove, clear, resize } = this.#statements;
    if (event.type === names?.added) {
      for (const { value, type: memberType } of members)
        resize.run(add.run(key, value, memberType).changes, key);
    } else if (event.type === names?.removed) {
      for (const { value } of members) resize.run(-remove.run(key, value).changes, key);
    } else if (event.type === names?.cleared || event.type === type.vocabulary.deleted) {
      resize.run(-clear.run(key).changes, key);
    }
  }
}

type StampRow = { key: number; revision: number; event_id: string; state: string };
type Statements = ReturnType<typeof prepare>;

function prepare(database: Database.Database) {
  return {
    stamp: database.prepare('SELECT key, revision, event_id, state FROM stamp WHERE stream = ?'),
    insert: database.prepare(
      'INSERT INTO stamp (stream, revision, event_id, size, state) VALUES (?, ?, ?, 0, ?)',
    ),
    update: database.prepare('UPDATE stamp SET revision = ?, event_id = ?, state = ? WHERE key = ?'),
    resize: database.prepare('UPDATE stamp SET size = size + ? WHERE key = ?'),
    drop: database.prepare('DELETE FROM stamp WHERE key = ?'),
    size: database.prepare('SELECT size FROM stamp WHERE key = ?'),
    has: database.prepare('SELECT 1 FROM member WHERE stamp = ? AND id = ?'),
    all: database.prepare('SELECT id AS value, type FROM member WHERE stamp = ? ORDER BY id'),
    add: database.prepare('INSERT INTO member VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    remove: database.prepare('DELETE FROM member WHERE stamp = ? AND id = ?'),
    clear: database.prepare('DELETE FROM member WHERE stamp = ?'),
  };
}
