import { scimErrors } from './messages/scim-error.js';

/** A JSON value as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export interface JsonLimits {
  /** How many objects and arrays may stand inside one another. */
  readonly maxDepth: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { maxDepth: 32 };

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when nothing can be read from the object. */
export function isEmptyObject(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** JSON equality; the order of an object's keys has no meaning (RFC 7643 §2.3.8), that of an array has. */
export function deepEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isJsonArray(a)) {
    return (
      isJsonArray(b) && a.length === b.length && a.every((element, index) => deepEqual(element, b[index]))
    );
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}

/**
 * Refuses a parsed body that could harm whoever walks it: nesting deeper than the limit, or own keys that
 * reach an object's prototype. The walk keeps its own stack, so no depth can exhaust the call stack.
 *
 * @throws ScimError invalidSyntax
 */
export function assertSafeJson(value: Json, limits: JsonLimits = DEFAULT_JSON_LIMITS): void {
  if (typeof value !== 'object' || value === null) return;
  const stack: (JsonObject | readonly Json[])[] = [value];
  const depths: number[] = [1];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const depth = depths.pop() ?? 1;
    if (depth > limits.maxDepth) {
      throw scimErrors.invalidSyntax(
        `The body nests deeper than the limit of ${limits.maxDepth} levels of objects and arrays.`,
      );
    }
    pushChildren(node, depth + 1, stack, depths);
  }
}

function pushChildren(
  node: JsonObject | readonly Json[],
  depth: number,
  stack: (JsonObject | readonly Json[])[],
  depths: number[],
): void {
  const isArray = isJsonArray(node);
  const children = isArray ? node : (node as JsonObject);
  for (const key in children) {
    if (!isArray && isPrototypeKey(key)) {
      throw scimErrors.invalidSyntax(`The body has a member named '${key}', which is not accepted.`);
    }
    const child = (children as JsonObject)[key];
    if (typeof child === 'object' && child !== null) {
      stack.push(child);
      depths.push(depth);
    }
  }
}

function isPrototypeKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}
