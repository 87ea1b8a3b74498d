import { deepEqual, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import { scimErrors } from '../messages/scim-error.js';
import { parseComplex } from '../schema/complex-values.js';
import type { AttributeNode } from '../schema/resource-schema.js';
import { assertCanUnassign } from './patch-context.js';

/**
 * A complex value after add or replace (RFC 7644 §3.5.2.1, §3.5.2.3): the given sub-attributes are set or
 * unassigned, the others stay.
 *
 * @param raw as the client sent it: an object, or a shape that stands for one
 * @returns undefined when the value as a whole is unassigned
 */
export function mergeComplex(
  node: AttributeNode,
  current: JsonObject,
  raw: Json,
  leniencies: LeniencyUse,
): JsonObject | undefined {
  const unassigned: string[] = [];
  const given = parseComplex(node, raw, leniencies, unassigned);
  // `null`, and what Entra sends in its place, stand for no value at all.
  if (given === undefined && unassigned.length === 0 && !isJsonObject(raw)) return undefined;
  const merged: Record<string, Json> = { ...current };
  for (const [name, value] of Object.entries(given ?? {})) {
    assertCanSet(node, name, current[name], value);
    merged[name] = value;
  }
  for (const name of unassigned) {
    const sub = node.subs.get(name);
    if (sub !== undefined) assertCanUnassign(sub, current[name]);
    delete merged[name];
  }
  return merged;
}

/** One sub-attribute set in a complex value; `add` appends where the sub-attribute itself has many values. */
export function mergeSub(
  node: AttributeNode,
  current: JsonObject,
  sub: AttributeNode,
  value: Json,
  isAdd: boolean,
  leniencies: LeniencyUse,
): JsonObject {
  const { name, multiValued } = sub.definition;
  const present = current[name];
  const isAppending = isAdd && multiValued && isJsonArray(present);
  const whole = isAppending ? [...present, ...(isJsonArray(value) ? value : [value])] : value;
  return mergeComplex(node, current, { [name]: whole }, leniencies) ?? {};
}

/** A complex value without one sub-attribute. */
export function withoutSub(current: JsonObject, sub: AttributeNode): JsonObject {
  assertCanUnassign(sub, current[sub.definition.name]);
  const { [sub.definition.name]: _removed, ...rest } = current;
  return rest;
}

function assertCanSet(node: AttributeNode, name: string, current: Json | undefined, value: Json): void {
  const sub = node.subs.get(name);
  if (sub?.definition.mutability !== 'immutable' || current === undefined || deepEqual(current, value))
    return;
  throw scimErrors.mutability(sub.path.path, 'it is immutable and has a value');
}
