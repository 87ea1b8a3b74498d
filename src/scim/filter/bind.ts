import type { LeniencyUse } from '../leniency.js';
import { quoted, type ScimError, scimErrors } from '../messages/scim-error.js';
import type { AttributeDefinition, AttributeType } from '../schema/attribute.js';
import { parseDateTime } from '../schema/date-time.js';
import { comparableKey } from '../schema/fold.js';
import type { AttributeNode, ResourceSchema } from '../schema/resource-schema.js';
import type { Compare, CompareOperator, Filter, FilterValue, Present, ValuePath } from './ast.js';
import type { BoundFilter } from './bound-filter.js';

export interface BindOptions {
  /**
   * An attribute that the schema lacks: refused at an endpoint of one resource type; without value at one of
   * several (RFC 7644 §3.4.2.1).
   */
  readonly unknownAttributes?: 'refuse' | 'noValue';
  /** How a filter on a secret is refused: 403 `sensitive` in a URL, invalidFilter in a message body. */
  readonly sensitive?: 'forbidden' | 'invalidFilter';
}

/**
 * Resolves a filter against a schema.
 *
 * @throws ScimError invalidFilter for an unknown attribute or an operator unfit for its type; sensitive
 */
export function bindFilter(
  filter: Filter,
  schema: ResourceSchema,
  leniencies: LeniencyUse,
  options: BindOptions = {},
): BoundFilter {
  return bind(filter, { find: (notation) => schema.node(notation, leniencies), leniencies, options });
}

/**
 * Resolves the filter of a value path, whose names are sub-attributes of `node`.
 *
 * @throws ScimError invalidFilter
 */
export function bindElementFilter(filter: Filter, node: AttributeNode, leniencies: LeniencyUse): BoundFilter {
  return bind(filter, { find: (name) => elementNode(node, name), leniencies, options: {} });
}

interface Scope {
  readonly find: (notation: string) => AttributeNode | undefined;
  readonly leniencies: LeniencyUse;
  readonly options: BindOptions;
}

function bind(filter: Filter, scope: Scope): BoundFilter {
  switch (filter.type) {
    case 'and':
    case 'or':
      return { type: filter.type, terms: filter.terms.map((term) => bind(term, scope)) };
    case 'not':
      return { type: 'not', term: bind(filter.term, scope) };
    case 'present':
      return bindPresent(filter, scope);
    case 'compare':
      return bindCompare(filter, scope);
    case 'valuePath':
      return bindValuePath(filter, scope);
    default:
      return filter satisfies never;
  }
}

function bindPresent({ attribute }: Present, scope: Scope): BoundFilter {
  const node = resolve(attribute, scope);
  return node === undefined ? { type: 'constant', value: false } : { type: 'present', path: node.path };
}

function bindCompare({ attribute, op, value }: Compare, scope: Scope): BoundFilter {
  const named = resolve(attribute, scope);
  if (named === undefined) return { type: 'constant', value: isTrueWithoutValue(op, value) };
  const node = comparedNode(named, scope);
  // RFC 7643 §2.5: null is unassigned, so `eq null` asks for the absence of a value.
  if (value === null) return bindNull(node, op);
  assertOperatorFits(node, op);
  const operand = operandOf(node, value, scope.leniencies);
  return {
    type: 'compare',
    path: node.path,
    op,
    key: comparableKey(node.definition, operand),
    value: operand,
  };
}

function bindNull(node: AttributeNode, op: CompareOperator): BoundFilter {
  if (op === 'ne') return { type: 'present', path: node.path };
  if (op === 'eq') return { type: 'not', term: { type: 'present', path: node.path } };
  throw scimErrors.invalidFilter(`null can be compared with eq and ne only, not with ${op}`);
}

function bindValuePath({ attribute, filter, comparison }: ValuePath, scope: Scope): BoundFilter {
  const node = resolve(attribute, scope);
  if (node === undefined) return { type: 'constant', value: false };
  const canHaveElements = node.definition.type === 'complex' || node.definition.multiValued;
  if (node.path.sub !== undefined || !canHaveElements) {
    throw scimErrors.invalidFilter(
      `'${node.path.path}' cannot have a filter in brackets: it has no sub-attributes`,
    );
  }
  const inner: Scope = {
    ...scope,
    find: (name) => elementNode(node, name),
    options: { ...scope.options, unknownAttributes: 'refuse' },
  };
  const terms = [bind(filter, inner), ...(comparison === undefined ? [] : [bind(comparison, inner)])];
  const [only] = terms;
  return {
    type: 'valuePath',
    path: node.path,
    filter: terms.length === 1 && only !== undefined ? only : { type: 'and', terms },
  };
}

/** A simple element has no sub-attributes; `value` names the element itself. */
function elementNode(node: AttributeNode, name: string): AttributeNode | undefined {
  if (node.definition.type === 'complex') return node.subs.get(name);
  return name.toLowerCase() === 'value' ? node : undefined;
}

function resolve(notation: string, { find, options }: Scope): AttributeNode | undefined {
  const node = find(notation);
  if (node === undefined) {
    if (options.unknownAttributes === 'noValue') return undefined;
    throw scimErrors.invalidFilter(`there is no attribute ${quoted(notation)}`);
  }
  // A secret must not be guessed by asking whether it matches.
  if (node.definition.returned === 'never' || node.path.attribute.returned === 'never') {
    if (options.sensitive !== 'invalidFilter') throw scimErrors.sensitive(node.path.path);
    throw scimErrors.invalidFilter(`'${node.path.path}' is secret and cannot be used in a filter`);
  }
  return node;
}

/** The simple attribute that a comparison means: for a complex one its `value` where that is clear. */
function comparedNode(node: AttributeNode, { leniencies }: Scope): AttributeNode {
  if (node.definition.type !== 'complex') return node;
  const value = node.subs.get('value');
  // The RFC's own examples write `emails co "x"`; Entra also writes `manager eq "id"`.
  if (value !== undefined && (node.definition.multiValued || leniencies.allows('complexComparedByValue')))
    return value;
  const examples = [...node.subs.values()].slice(0, 2).map(({ path }) => path.path);
  throw scimErrors.invalidFilter(
    `'${node.path.path}' is complex: name a sub-attribute, for example ${examples.join(' or ')}`,
  );
}

function isTrueWithoutValue(op: CompareOperator, value: FilterValue): boolean {
  return (op === 'ne') !== (value === null);
}

const ORDERED: ReadonlySet<AttributeType> = new Set<AttributeType>([
  'string',
  'reference',
  'dateTime',
  'integer',
  'decimal',
]);
const TEXT: ReadonlySet<AttributeType> = new Set<AttributeType>(['string', 'reference']);

/** RFC 7644 §3.4.2.2, §3.12: an operator unfit for the attribute's type is refused. */
function assertOperatorFits({ definition, path }: AttributeNode, op: CompareOperator): void {
  if (op === 'eq' || op === 'ne') return;
  const isSearch = op === 'co' || op === 'sw' || op === 'ew';
  if ((isSearch ? TEXT : ORDERED).has(definition.type)) return;
  const accepted = ORDERED.has(definition.type) ? 'eq ne gt ge lt le pr' : 'eq ne pr';
  throw scimErrors.invalidFilter(
    `${op} does not fit '${path.path}' of type ${definition.type}: use ${accepted}`,
  );
}

function operandOf(
  { definition, path }: AttributeNode,
  value: string | number | boolean,
  leniencies: LeniencyUse,
): string | number | boolean {
  const operand = fittingOperand(definition, value, leniencies);
  if (operand === undefined) throw unfitOperand(definition, path.path);
  return operand;
}

function fittingOperand(
  definition: AttributeDefinition,
  value: string | number | boolean,
  leniencies: LeniencyUse,
): string | number | boolean | undefined {
  switch (definition.type) {
    case 'string':
    case 'reference':
    case 'binary':
      return textOperand(value, leniencies);
    case 'dateTime':
      return isDateTime(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : booleanFilterAsString(value, leniencies);
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? value : undefined;
    case 'complex':
      return undefined;
    default:
      return definition.type satisfies never;
  }
}

function textOperand(value: string | number | boolean, leniencies: LeniencyUse): string | undefined {
  if (typeof value === 'string') return value;
  // A number or boolean here is a string that lost its quotes.
  return leniencies.allows('bareWordInFilter') ? String(value) : undefined;
}

function isDateTime(value: string | number | boolean): value is string {
  return typeof value === 'string' && parseDateTime(value) !== undefined;
}

/** Entra compares booleans as strings: `roles[primary eq "True"]`. */
function booleanFilterAsString(value: string | number, leniencies: LeniencyUse): boolean | undefined {
  const folded = String(value).toLowerCase();
  if (folded !== 'true' && folded !== 'false') return undefined;
  return leniencies.allows('booleanFilterAsString') ? folded === 'true' : undefined;
}

const OPERANDS: Readonly<Record<AttributeType, string>> = {
  string: 'a "string"',
  reference: 'a URI as a "string"',
  binary: 'a base64 "string"',
  dateTime: 'a "string" such as "2026-01-31T08:00:00Z"',
  boolean: 'true or false',
  integer: 'a number',
  decimal: 'a number',
  complex: 'a sub-attribute',
};

function unfitOperand(definition: AttributeDefinition, path: string): ScimError {
  return scimErrors.invalidFilter(`'${path}' is compared with ${OPERANDS[definition.type]}`);
}
