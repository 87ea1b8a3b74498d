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
  // One level after the other: `level` holds the objects and arrays of one depth.
  let level: readonly Json[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.maxDepth) {
      throw scimErrors.invalidSyntax(
        `The body nests deeper than the limit of ${limits.maxDepth} levels of objects and arrays.`,
      );
    }
    level = nextLevel(level);
  }
}

function nextLevel(level: readonly Json[]): readonly Json[] {
  const next: Json[] = [];
  for (const node of level) {
    if (isJsonArray(node)) pushContainers(node, next);
    else if (isJsonObject(node)) pushMembers(node, next);
  }
  return next;
}

function pushContainers(array: readonly Json[], next: Json[]): void {
  for (const child of array) if (typeof child === 'object' && child !== null) next.push(child);
}

function pushMembers(node: JsonObject, next: Json[]): void {
  for (const key in node) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      throw scimErrors.invalidSyntax(`The body has a member named '${key}', which is not accepted.`);
    }
    const child = node[key];
    if (typeof child === 'object' && child !== null) next.push(child);
  }
}
