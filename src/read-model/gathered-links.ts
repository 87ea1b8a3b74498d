import type { Links } from './links.js';
import { run, type Script } from './script.js';

/** Links that are gathered in memory and written with a few statements: what is left of them in the end. */
export class GatheredLinks implements Links {
  readonly #added = new Map<number, Set<number>>();
  readonly #holdersOf = new Map<number, Set<number>>();
  readonly #removed = new Map<number, Set<number>>();
  readonly #cleared = new Set<number>();
  readonly #left = new Set<number>();

  /** @param table with the columns `holder` and `member`, which together are its key */
  constructor(private readonly table: string) {}

  // Scripts like those of the table, though they have nothing to ask it.
  // oxlint-disable-next-line require-yield
  *add(holder: number, member: number): Script<void> {
    put(this.#added, holder, member);
    put(this.#holdersOf, member, holder);
  }

  // oxlint-disable-next-line require-yield
  *remove(holder: number, member: number): Script<void> {
    this.#added.get(holder)?.delete(member);
    put(this.#removed, holder, member);
  }

  // oxlint-disable-next-line require-yield
  *clear(holder: number): Script<void> {
    this.#added.delete(holder);
    this.#cleared.add(holder);
  }

  // oxlint-disable-next-line require-yield
  *leave(member: number): Script<void> {
    for (const holder of this.#holdersOf.get(member) ?? []) this.#added.get(holder)?.delete(member);
    this.#left.add(member);
  }

  /** First what goes, then what has come since. */
  *flush(): Script<void> {
    const { table } = this;
    if (this.#cleared.size > 0) {
      yield* run(`DELETE FROM ${table} WHERE holder = ANY (?::bigint[])`, [...this.#cleared]);
    }
    if (this.#left.size > 0) {
      yield* run(`DELETE FROM ${table} WHERE member = ANY (?::bigint[])`, [...this.#left]);
    }
    const removed = pairs(this.#removed);
    if (removed.holders.length > 0) {
      yield* run(
        `DELETE FROM ${table} l USING unnest(?::bigint[], ?::bigint[]) AS gone (holder, member)
         WHERE l.holder = gone.holder AND l.member = gone.member`,
        removed.holders,
        removed.members,
      );
    }
    const added = pairs(this.#added);
    if (added.holders.length > 0) {
      yield* run(
        `INSERT INTO ${table} (holder, member) SELECT * FROM unnest(?::bigint[], ?::bigint[])
         ON CONFLICT DO NOTHING`,
        added.holders,
        added.members,
      );
    }
    this.forget();
  }

  forget(): void {
    this.#added.clear();
    this.#holdersOf.clear();
    this.#removed.clear();
    this.#cleared.clear();
    this.#left.clear();
  }
}

function put(map: Map<number, Set<number>>, key: number, value: number): void {
  const known = map.get(key);
  if (known) known.add(value);
  else map.set(key, new Set([value]));
}

function pairs(map: ReadonlyMap<number, ReadonlySet<number>>) {
  const holders: number[] = [];
  const members: number[] = [];
  for (const [holder, of] of map) {
    for (const member of of) {
      holders.push(holder);
      members.push(member);
    }
  }
  return { holders, members };
}
