import type { Json } from '../json.js';
import type { AttributeDefinition } from './attribute.js';
import { instantKey, parseDateTime } from './date-time.js';

/**
 * The form in which strings are compared that are not caseExact: lower case, NFC, one sigma. Every comparison of
 * such strings, here and in an index, goes through this function and then compares by code point.
 */
export function fold(text: string): string {
  const folded = text.toLowerCase().normalize('NFC');
  // The lower case of Σ depends on what follows; a prefix must fold as it does inside its word.
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded;
}

/** Orders by Unicode code point, as SQLite's BINARY and PostgreSQL's "C" do; negative when `a` comes first. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

// UTF-16 puts surrogates (code points from U+10000) before U+E000..U+FFFF; code point order puts them after.
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/**
 * The text by which a simple value is compared, sorted and indexed: two values of one attribute compare as their
 * keys do by code point.
 *
 * @param value a value as stored, of the attribute's own type
 */
export function comparableKey(definition: AttributeDefinition, value: Json): string {
  switch (typeof value) {
    case 'string':
      return stringKey(definition, value);
    case 'number':
      return numberKey(value);
    default:
      return JSON.stringify(value);
  }
}

function stringKey(definition: AttributeDefinition, value: string): string {
  if (definition.type === 'dateTime') {
    const instant = parseDateTime(value);
    return instant === undefined ? value : instantKey(instant);
  }
  return definition.caseExact ? value : fold(value);
}

const view = new DataView(new ArrayBuffer(8));
const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;

/** Sixteen hexadecimal digits that sort as the numbers do. */
function numberKey(value: number): string {
  view.setFloat64(0, value === 0 ? 0 : value);
  const bits = view.getBigUint64(0);
  const ordered = (bits & SIGN) === 0n ? bits | SIGN : ~bits & ALL;
  return ordered.toString(16).padStart(16, '0');
}
