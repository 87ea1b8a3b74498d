import { deepEqual, isJsonObject, type Json } from '../json.js';
import { scimErrors } from '../messages/scim-error.js';
import { parseSimple } from '../schema/simple-values.js';
import { mergeComplex, mergeSub, withoutSub } from './complex-merge.js';
import { isUnassigning } from './entra-rules.js';
import { assertCanUnassign, givenValue, type PatchContext, type TargetedOperation } from './patch-context.js';

/** An operation on a single-valued attribute or one of its sub-attributes. */
export function patchSingleValued(context: PatchContext, operation: TargetedOperation): void {
  const { draft } = context;
  const { node } = operation.target;
  const current = draft.get(node);
  const next =
    operation.op === 'remove'
      ? removed(operation, current)
      : assigned(context, operation, givenValue(operation), current);
  if (next === undefined) assertCanUnassign(node, current);
  else if (node.definition.mutability === 'immutable' && current !== undefined && !deepEqual(current, next)) {
    throw scimErrors.mutability(node.path.path, 'it is immutable and has a value');
  }
  draft.set(node, next);
}

/** RFC 7644 §3.5.2.2: the attribute becomes unassigned, or only the sub-attribute named. */
function removed({ target: { sub } }: TargetedOperation, current: Json | undefined): Json | undefined {
  if (sub === undefined) return undefined;
  return isJsonObject(current) ? withoutSub(current, sub) : (current ?? {});
}

/** RFC 7644 §3.5.2.1, §3.5.2.3: for a single-valued attribute add and replace do the same. */
function assigned(
  { leniencies }: PatchContext,
  { op, target: { node, sub } }: TargetedOperation,
  value: Json,
  current: Json | undefined,
): Json | undefined {
  if (node.definition.type !== 'complex') {
    const simple = parseSimple(node, value, leniencies);
    if (simple === undefined && value !== null && node.definition.required)
      throw scimErrors.required(node.path.path);
    return simple;
  }
  const before = isJsonObject(current) ? current : {};
  if (sub === undefined && isUnassigning(value, leniencies)) return undefined;
  if (sub === undefined) return mergeComplex(node, before, value, leniencies);
  return mergeSub(node, before, sub, value, op === 'add', leniencies);
}
