// Reading and writing one attribute of a resource by its canonical path, as events name it.
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../scim/json.js';

interface PathParts {
  readonly urn: string | undefined;
  readonly attribute: string;
  readonly sub: string | undefined;
}

// Paths are those of the schemas: few, and read again and again.
const splits = new Map<string, PathParts>();
const REMEMBERED = 1000;

function split(path: string): PathParts {
  const known = splits.get(path);
  if (known) return known;
  // An extension's URN holds dots and colons; no attribute name holds either.
  const end = path.startsWith('urn:') ? path.lastIndexOf(':') : -1;
  const [attribute = '', sub] = path.slice(end + 1).split('.');
  const parts = { urn: end > 0 ? path.slice(0, end) : undefined, attribute, sub };
  if (splits.size < REMEMBERED) splits.set(path, parts);
  return parts;
}

/** The value at `path`, or undefined when unassigned. A path through a multi-valued attribute gives undefined. */
export function getAt(attributes: JsonObject, path: string): Json | undefined {
  const { urn, attribute, sub } = split(path);
  const container = urn === undefined ? attributes : attributes[urn];
  const value = isJsonObject(container) ? container[attribute] : undefined;
  if (sub === undefined) return value;
  return isJsonObject(value) ? value[sub] : undefined;
}

/** All simple values at `path`, those of every element of a multi-valued attribute. */
export function valuesAt(attributes: JsonObject, path: string): readonly Json[] {
  const { urn, attribute, sub } = split(path);
  const container = urn === undefined ? attributes : attributes[urn];
  const value = isJsonObject(container) ? container[attribute] : undefined;
  const elements = isJsonArray(value) ? value : value === undefined ? [] : [value];
  if (sub === undefined) return elements;
  return elements.flatMap((element) =>
    isJsonObject(element) && element[sub] !== undefined ? [element[sub]] : [],
  );
}

/** A copy of `attributes` with the value at `path` set, or unassigned when `value` is undefined. */
export function setAt(attributes: JsonObject, path: string, value: Json | undefined): JsonObject {
  const { urn, attribute, sub } = split(path);
  const steps = [urn, attribute, sub].filter((step) => step !== undefined);
  return setSteps(attributes, steps, value);
}

function setSteps(container: JsonObject, steps: readonly string[], value: Json | undefined): JsonObject {
  const [step = '', ...rest] = steps;
  const inner = container[step];
  const next = rest.length === 0 ? value : setSteps(isJsonObject(inner) ? inner : {}, rest, value);
  const { [step]: _replaced, ...others } = container;
  const isEmpty = next === undefined || (isJsonObject(next) && Object.keys(next).length === 0);
  return isEmpty ? others : { ...others, [step]: next };
}
