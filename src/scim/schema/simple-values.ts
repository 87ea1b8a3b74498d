import type { Json } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import { type ScimError, scimErrors } from '../messages/scim-error.js';
import { MAX_TEXT_LENGTH, type AttributeType } from './attribute.js';
import { formatInstant, parseDateTime } from './date-time.js';
import type { AttributeNode } from './resource-schema.js';

// RFC 7643 §2.3.6: plain base64, whose padding may be missing.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/u;

/**
 * A simple value as it is stored, or undefined when it unassigns the attribute (RFC 7643 §2.5).
 *
 * @throws ScimError invalidValue
 */
export function parseSimple(node: AttributeNode, value: Json, leniencies: LeniencyUse): Json | undefined {
  if (value === null) return undefined;
  const { type } = node.definition;
  switch (type) {
    case 'string':
    case 'reference':
    case 'dateTime':
    case 'binary':
      return parseText(node, value, leniencies);
    case 'boolean':
      return typeof value === 'boolean' ? value : booleanAsString(node, value, leniencies);
    case 'integer':
    case 'decimal':
      return parseNumber(node, value);
    case 'complex':
      throw wrongType(node);
    default:
      return type satisfies never;
  }
}

const EXPECTED: Readonly<Record<AttributeType, string>> = {
  string: 'a string',
  boolean: 'true or false',
  decimal: 'a number',
  integer: 'a whole number',
  dateTime: 'a date and time such as 2026-01-31T08:00:00Z',
  binary: 'a base64 string',
  reference: 'a URI as a string',
  complex: 'an object of sub-attributes',
};

export function wrongType({ path, definition }: AttributeNode): ScimError {
  return scimErrors.invalidValue(path.path, EXPECTED[definition.type]);
}

function parseNumber(node: AttributeNode, value: Json): number {
  // Larger integers have already lost digits in JSON.parse.
  const fits = node.definition.type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (typeof value !== 'number' || !fits) throw wrongType(node);
  return value;
}

function parseText(node: AttributeNode, value: Json, leniencies: LeniencyUse): string | undefined {
  if (typeof value !== 'string') throw wrongType(node);
  if (value === '') return emptyString(node, leniencies);
  checkLength(node, value);
  const { type } = node.definition;
  return type === 'string' || type === 'reference' ? checkedText(node, value) : parseEncoded(node, value);
}

function checkLength(
  { path, definition: { maxLength = MAX_TEXT_LENGTH } }: AttributeNode,
  value: string,
): void {
  // No text has more characters than code units: nothing is counted that is short anyway.
  if (value.length <= maxLength) return;
  const { length } = Array.from(value);
  if (length <= maxLength) return;
  throw scimErrors.invalidValue(path.path, `at most ${maxLength} characters; ${length} were sent`);
}

/** Entra clears an attribute with an empty string, which RFC 7643 §2.3.1 would keep as a value. */
function emptyString(node: AttributeNode, leniencies: LeniencyUse): '' | undefined {
  if (node.definition.required) return undefined;
  if (leniencies.allows('emptyStringUnassigns')) return undefined;
  if (node.definition.type !== 'string') throw wrongType(node);
  return '';
}

/** Legacy Entra sends "True" and "False". */
function booleanAsString(node: AttributeNode, value: Json, leniencies: LeniencyUse): boolean | undefined {
  if (typeof value !== 'string') throw wrongType(node);
  if (value === '' && leniencies.allows('emptyStringUnassigns')) return undefined;
  const folded = value.toLowerCase();
  if (folded !== 'true' && folded !== 'false') throw wrongType(node);
  if (!leniencies.allows('booleanAsString')) throw wrongType(node);
  return folded === 'true';
}

function checkedText(node: AttributeNode, value: string): string {
  // No database behind this stores such text faithfully.
  if (value.includes('\u0000') || !value.isWellFormed()) {
    throw scimErrors.invalidValue(node.path.path, 'well-formed Unicode text without U+0000');
  }
  return checked(node, value);
}

function checked(node: AttributeNode, value: string): string {
  const expected = node.definition.check?.(value);
  if (expected !== undefined) throw scimErrors.invalidValue(node.path.path, expected);
  return value;
}

function parseEncoded(node: AttributeNode, value: string): string {
  if (node.definition.type === 'binary') {
    if (!BASE64.test(value)) throw wrongType(node);
    return checked(node, value);
  }
  const instant = parseDateTime(value);
  if (instant === undefined) throw wrongType(node);
  return formatInstant(instant);
}
