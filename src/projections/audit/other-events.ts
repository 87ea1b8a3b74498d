import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import type { StreamName } from '../../event-store/stream-names.js';
import type { Script } from '../../read-model/script.js';
import type { TokenIssued, TokenRevoked } from '../../tenants/events.js';
import type { AuditEntry, Operation } from './audit-entry.js';
import type { Told } from './told.js';
import type { Subjects } from './subjects.js';

interface WriteRefused {
  readonly operation: 'create' | 'replace' | 'patch' | 'delete' | 'other';
  readonly status: number;
  readonly scimType?: string;
  readonly attribute?: string;
  readonly resourceType?: string;
  readonly resourceId?: string;
  readonly fingerprints: Readonly<Record<string, string>>;
}

const ATTEMPTED: Readonly<Record<WriteRefused['operation'], Operation>> = {
  create: 'create',
  replace: 'update',
  patch: 'update',
  delete: 'delete',
  other: 'other',
};

/** What an event on a tenant, a token or a refusal says. */
export function* projectOther(
  subjects: Subjects,
  { tenant }: StreamName,
  event: LedgerEvent,
): Script<Told | undefined> {
  switch (event.type) {
    case 'TenantRegistered':
      return { operation: 'registerTenant', resource: { type: 'Tenant', id: tenant, label: tenant } };
    case 'TokenIssued': {
      const { tokenId, name } = event.data as TokenIssued['data'];
      const resource = { type: 'Token', id: tokenId, label: name };
      yield* subjects.add(tenant, resource);
      return { operation: 'issueToken', resource };
    }
    case 'TokenRevoked': {
      const { tokenId } = event.data as TokenRevoked['data'];
      const known = yield* subjects.find(tenant, tokenId);
      return {
        operation: 'revokeToken',
        resource: { type: 'Token', id: tokenId, label: known?.label ?? '' },
      };
    }
    case 'WriteRefused':
      return yield* projectRefused(subjects, tenant, event);
    case 'RefusalsSuppressed': {
      const { count } = event.data as { readonly count: number };
      const label = `${count} ${count === 1 ? 'refusal' : 'refusals'}`;
      return { operation: 'suppressRefusals', resource: { type: 'Tenant', id: tenant, label } };
    }
    default:
      return undefined;
  }
}

function* projectRefused(subjects: Subjects, tenant: string, event: LedgerEvent): Script<Told> {
  // Written by RecordRefusal in this shape.
  const { operation, resourceType, resourceId, status, scimType, attribute, fingerprints } =
    event.data as unknown as WriteRefused;
  const known = resourceId === undefined ? undefined : yield* subjects.find(tenant, resourceId);
  const refusal: NonNullable<AuditEntry['refusal']> = {
    status,
    ...(scimType === undefined ? {} : { scimType }),
    ...(attribute === undefined ? {} : { attribute }),
    fingerprints,
  };
  return {
    operation: ATTEMPTED[operation],
    resource: { type: resourceType ?? 'Resource', id: resourceId ?? '', label: known?.label ?? '' },
    more: { outcome: 'refused', refusal },
  };
}
