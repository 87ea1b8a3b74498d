import type { LedgerEvent } from '../../../event-store/envelope/ledger-event.js';
import { row, run, type Script } from '../../../read-model/script.js';
import type { TenantRegistered } from '../../../tenants/events.js';

export const TENANT_TABLES: readonly string[] = [
  `CREATE TABLE tenant (slug TEXT PRIMARY KEY, profile TEXT NOT NULL, registered_at TEXT NOT NULL)`,
];

export interface Tenant {
  readonly slug: string;
  readonly profile: string;
}

export function* projectTenant(event: LedgerEvent): Script<void> {
  if (event.type !== 'TenantRegistered') return;
  const { slug, profile } = event.data as TenantRegistered['data'];
  yield* run('INSERT INTO tenant VALUES (?, ?, ?)', slug, profile, event.metadata.occurredAt);
}

export function* findTenant(slug: string): Script<Tenant | undefined> {
  return yield* row<{ slug: string; profile: string }>(
    'SELECT slug, profile FROM tenant WHERE slug = ?',
    slug,
  );
}
