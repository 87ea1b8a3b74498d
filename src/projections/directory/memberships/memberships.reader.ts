import { row, rows, type Script } from '../../../read-model/script.js';

/** A resource as another one names it. */
export interface Named {
  readonly id: string;
  readonly label: string;
  /** Name of its resource type. */
  readonly type: string;
}

type NamedRow = { id: string; label: string; type: string };

// CROSS JOIN fixes the order of the tables: memberships first, which are few.

/** The members of a resource, in order of their creation. */
export function* membersOf(holder: number): Script<readonly Named[]> {
  return yield* rows<NamedRow>(
    `SELECT d.id, d.label, k.name AS type FROM membership m
     CROSS JOIN document d ON d.key = m.member CROSS JOIN kind k ON k.key = d.kind
     WHERE m.holder = ? ORDER BY m.member`,
    holder,
  );
}

/** What a resource is a member of, by itself or through others; cycles end by themselves (DEC RES-07). */
export function* holdersOf(member: number): Script<readonly (Named & { readonly isDirect: boolean })[]> {
  const direct = yield* row<{ holder: number }>(
    'SELECT holder FROM membership WHERE member = ? LIMIT 1',
    member,
  );
  if (!direct) return [];
  const found = yield* rows<NamedRow & { is_direct: number }>(
    `WITH RECURSIVE above (key) AS (
       SELECT holder FROM membership WHERE member = ?
       UNION SELECT m.holder FROM membership m JOIN above a ON m.member = a.key
     )
     SELECT d.id, d.label, k.name AS type,
       EXISTS (SELECT 1 FROM membership m WHERE m.member = ? AND m.holder = d.key) AS is_direct
     FROM above a CROSS JOIN document d ON d.key = a.key CROSS JOIN kind k ON k.key = d.kind
     WHERE d.key <> ? ORDER BY d.key`,
    member,
    member,
    member,
  );
  return found.map(({ is_direct: isDirect, ...named }) => ({ ...named, isDirect: isDirect === 1 }));
}
