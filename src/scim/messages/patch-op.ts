import { isJsonArray, isJsonObject, type Json } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import { member, messageOf } from './message-members.js';
import { quoted, scimErrors } from './scim-error.js';
import { PATCH_OP_URN } from './urns.js';

export type PatchOperator = 'add' | 'remove' | 'replace';

export interface PatchOperation {
  readonly op: PatchOperator;
  readonly path?: string;
  /** Absent when the operation has no `value`; null when it has one that is null. */
  readonly value?: Json;
}

export const MAX_PATCH_OPERATIONS = 1000;

/**
 * The shape of a PatchOp message (RFC 7644 §3.5.2). Paths and values are read by `applyPatch`.
 *
 * @throws ScimError invalidSyntax, or 413 beyond the limit of operations
 */
export function parsePatchOp(
  body: Json | undefined,
  leniencies: LeniencyUse,
): { readonly operations: readonly PatchOperation[] } {
  const operations = member(messageOf(body, PATCH_OP_URN), 'Operations');
  if (!isJsonArray(operations))
    throw scimErrors.invalidSyntax("'Operations' must be an array of operations.");
  // Microsoft's validator sends an empty array ahead of the real request.
  if (operations.length === 0 && !leniencies.allows('emptyOperations')) {
    throw scimErrors.invalidSyntax("'Operations' must hold at least one operation.");
  }
  if (operations.length > MAX_PATCH_OPERATIONS) {
    throw scimErrors.payloadTooLarge(`${MAX_PATCH_OPERATIONS} operations in one PATCH`);
  }
  return { operations: operations.map(parseOperation) };
}

function parseOperation(operation: Json, index: number): PatchOperation {
  if (!isJsonObject(operation))
    throw scimErrors.invalidSyntax(`Operations[${index}] must be an object with 'op'.`);
  const path = member(operation, 'path') ?? undefined;
  if (path !== undefined && typeof path !== 'string') {
    throw scimErrors.invalidSyntax(`Operations[${index}].path must be a string.`);
  }
  const value = member(operation, 'value');
  return {
    op: parseOperator(member(operation, 'op'), index),
    ...(path === undefined ? {} : { path }),
    ...(value === undefined ? {} : { value }),
  };
}

function parseOperator(op: Json | undefined, index: number): PatchOperator {
  // Legacy Entra capitalises: Add, Replace, Remove.
  const folded = typeof op === 'string' ? op.toLowerCase() : undefined;
  if (folded === 'add' || folded === 'remove' || folded === 'replace') return folded;
  const given = typeof op === 'string' ? ` and not ${quoted(op)}` : '';
  throw scimErrors.invalidSyntax(`Operations[${index}].op must be add, remove or replace${given}.`);
}
