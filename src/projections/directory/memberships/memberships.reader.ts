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
export function* membersOf(kind: number, id: string): Script<readonly Named[]> {
  return yield* rows<NamedRow>(
    `SELECT d.id, d.label, k.name AS type FROM document h CROSS JOIN membership m ON m.holder = h.key
     CROSS JOIN document d ON d.key = m.member CROSS JOIN kind k ON k.key = d.kind
     WHERE h.kind = ? AND h.id = ? ORDER BY m.member`,
    kind,
    id,
  );
}

/** What a resource is a member of, by itself or through others; cycles end by themselves (DEC RES-07). */
export function* holdersOf(
  kind: number,
  id: string,
): Script<readonly (Named & { readonly isDirect: boolean })[]> {
  const direct = yield* row<{ member: number }>(
    `SELECT member FROM membership WHERE member = (SELECT key FROM document WHERE kind = ? AND id = ?) LIMIT 1`,
    kind,
    id,
  );
  if (!direct) return [];
  const { member } = direct;
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
