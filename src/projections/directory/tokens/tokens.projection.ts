import type { LedgerEvent } from '../../../event-store/envelope/ledger-event.js';
import { row, rows, run, type Script } from '../../../read-model/script.js';
import type { TokenIssued } from '../../../tenants/events.js';

export const TOKEN_TABLES: readonly string[] = [
  `CREATE TABLE token (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,
     issued_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT)`,
  `CREATE INDEX token_hash ON token (hash)`,
];

/** A token as operators see it: never its secret. */
export interface Token {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly hash: string;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

const COLUMNS =
  'id, tenant, name, hash, issued_at AS "issuedAt", expires_at AS "expiresAt", revoked_at AS "revokedAt"';
const FIND_BY_HASH = `SELECT ${COLUMNS}, profile FROM token CROSS JOIN tenant ON slug = tenant
  WHERE hash = ? AND revoked_at IS NULL LIMIT 1`;
type TokenRow = { [Column in keyof Token]: Token[Column] };

export function* projectToken(tenant: string, event: LedgerEvent): Script<void> {
  if (event.type === 'TokenIssued') {
    const { tokenId, name, hash, expiresAt } = event.data as TokenIssued['data'];
    const issuedAt = event.metadata.occurredAt;
    yield* run(
      'INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, NULL)',
      tokenId,
      tenant,
      name,
      hash,
      issuedAt,
      expiresAt ?? null,
    );
  } else if (event.type === 'TokenRevoked') {
    const { tokenId } = event.data as { readonly tokenId: string };
    yield* run('UPDATE token SET revoked_at = ? WHERE id = ?', event.metadata.occurredAt, tokenId);
  }
}

/** A token with what authentication has to know of its tenant. */
export type TenantToken = Token & { readonly profile: string };

/** The token of this hash that is not revoked; several may share one when a setting brought it back. */
export function* findTokenByHash(hash: string): Script<TenantToken | undefined> {
  return yield* row<TokenRow & { profile: string }>(FIND_BY_HASH, hash);
}

export function* tokensOf(tenant: string): Script<readonly Token[]> {
  return yield* rows<TokenRow>(
    `SELECT ${COLUMNS} FROM token WHERE tenant = ? ORDER BY issued_at, id`,
    tenant,
  );
}
