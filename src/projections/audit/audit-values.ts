import type { IndexedValue } from '../../read-model/documents.js';
import { getAt } from '../../resources/attribute-paths.js';
import type { JsonObject } from '../../scim/json.js';
import type { AttributeDefinition } from '../../scim/schema/attribute.js';
import { timestampKey } from '../../scim/schema/date-time.js';
import { comparableKey } from '../../scim/schema/fold.js';
import type { AuditEntry } from './audit-entry.js';
import { auditSchema } from './audit.schema.js';

/** The kind of document that audit entries are. */
export const ENTRY_KIND = 'AuditEntry';

/** Grows along the log; `since` and `until` find their place by it. */
export const EFFECTIVE_TIME = 'effectiveTime';

const INDEXED = [
  'actor.id',
  'actor.label',
  'operation',
  'outcome',
  'resource.id',
  'resource.label',
  'request.id',
].map((path) => ({ path, definition: definitionAt(path) }));

/** Paths that find entries by index. */
export const INDEXED_AUDIT_PATHS: ReadonlySet<string> = new Set([
  EFFECTIVE_TIME,
  ...INDEXED.map(({ path }) => path),
]);

function definitionAt(path: string): AttributeDefinition {
  const resolved = auditSchema.resolve(path);
  if (!resolved) throw new Error(`indexed path ${path} is not in the schema of audit entries`);
  return resolved.sub ?? resolved.attribute;
}

/** The values by which an entry is found. */
export function auditValues(entry: AuditEntry): readonly IndexedValue[] {
  // An entry is plain JSON; only its optional members hide that from the type checker.
  const json = entry as unknown as JsonObject;
  const values: IndexedValue[] = [{ path: EFFECTIVE_TIME, value: timestampKey(entry.effectiveTime) }];
  for (const { path, definition } of INDEXED) {
    const value = getAt(json, path);
    if (value !== undefined) values.push({ path, value: comparableKey(definition, value) });
  }
  return values;
}

/** The same of an entry that is stored. */
export function storedAuditValues(body: string): readonly IndexedValue[] {
  // Written by the projection as an AuditEntry.
  return auditValues(JSON.parse(body) as AuditEntry);
}

/** The entry as filters see it: values of any type compare by their text. */
export function filterView(entry: AuditEntry): JsonObject {
  const changes = entry.changes.map(({ path, before, after }) => ({
    path,
    ...(before === undefined ? {} : { before: textOf(before) }),
    ...(after === undefined ? {} : { after: textOf(after) }),
  }));
  return { ...(entry as unknown as JsonObject), changes };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
