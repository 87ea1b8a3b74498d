// The JSON the log holds, and its one canonical text: what is stored is what is hashed.

export type JsonValue = string | number | boolean | null | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/**
 * The RFC 8785 text of a JSON value: keys in UTF-16 order, no white space.
 * Members that are `undefined` are left out, as JSON.stringify does.
 *
 * @throws TypeError for what has no canonical form: a number that is not finite, a lone surrogate, a non-JSON value.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') return canonicalString(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} is not JSON`);
  return isArray(value) ? canonicalArray(value) : canonicalObject(value);
}

// Array.isArray does not narrow a readonly array
function isArray(value: JsonArray | JsonObject): value is JsonArray {
  return Array.isArray(value);
}

// most strings need no escape, and to see that is cheaper than to print them; long ones are printed faster than seen
const PLAIN = /^[ !#-[\]-~]*$/;
const PLAIN_LENGTH = 64;

function canonicalString(value: string): string {
  if (value.length < PLAIN_LENGTH && PLAIN.test(value)) return `"${value}"`;
  // RFC 8785 §3.2.2.2: a lone surrogate has no canonical form
  if (!value.isWellFormed()) throw new TypeError('A string with a lone surrogate has no canonical form');
  return JSON.stringify(value);
}

function canonicalNumber(value: number): string {
  // RFC 8785 §3.2.2.3: numbers as ECMAScript prints them; NaN and the infinities do not exist
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  return String(value);
}

function canonicalArray(values: JsonArray): string {
  let text = '[';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) text += ',';
    text += canonicalJson(values[index] ?? null);
  }
  return `${text}]`;
}

function canonicalObject(value: JsonObject): string {
  // RFC 8785 §3.2.3: sorted by UTF-16 code units, which is what the default sort compares
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  let text = '{';
  for (const key of keys) {
    const member = value[key];
    if (member === undefined) continue;
    if (text.length > 1) text += ',';
    text += canonicalName(key) + canonicalJson(member);
  }
  return `${text}}`;
}

// member names are few and come again and again
const printedNames = new Map<string, string>();
const PRINTED_NAMES = 1000;

function canonicalName(name: string): string {
  const printed = printedNames.get(name);
  if (printed !== undefined) return printed;
  const text = `${canonicalString(name)}:`;
  if (printedNames.size < PRINTED_NAMES) printedNames.set(name, text);
  return text;
}

/**
 * Reads the text of a JSON object.
 *
 * @throws SyntaxError when it is no JSON, TypeError when it is not an object
 */
export function parseJsonObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new TypeError('The JSON text is not an object');
  return value;
}

/** For values that are known to be JSON: tells the objects from the rest. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
