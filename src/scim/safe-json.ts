import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.js';
import { scimErrors } from './messages/scim-error.js';

export interface JsonLimits {
  /** How many objects and arrays may stand inside one another. */
  readonly maxDepth: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { maxDepth: 32 };

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
