import type { LeniencyUse } from '../leniency.js';
import { quoted, type ScimError, scimErrors } from '../messages/scim-error.js';
import { isAttributeName, isAttributeNotation } from '../schema/notation.js';
import type { Compare, CompareOperator, Filter, FilterValue, Present } from './ast.js';
import { type Token, Tokenizer } from './tokenizer.js';

export const MAX_FILTER_LENGTH = 4096;
export const MAX_FILTER_DEPTH = 32;
export const MAX_FILTER_TERMS = 200;

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/**
 * Parses a filter (RFC 7644 §3.4.2.2). Precedence from high to low: grouping, `not`, `and`, `or`.
 *
 * @throws ScimError invalidFilter naming the offset, or the limit exceeded
 */
export function parseFilter(text: string, leniencies: LeniencyUse): Filter {
  assertLength(text);
  const parser = new FilterParser(new Tokenizer(text), leniencies);
  const filter = parser.disjunction();
  parser.expectEnd();
  return filter;
}

/**
 * Parses the filter between the brackets of `emails[type eq "work"].value`.
 *
 * @param start offset after the opening bracket
 * @returns the filter and the offset after the closing bracket
 * @throws ScimError invalidFilter
 */
export function parseBracketed(
  text: string,
  start: number,
  leniencies: LeniencyUse,
): { readonly filter: Filter; readonly end: number } {
  assertLength(text);
  return new FilterParser(new Tokenizer(text, start), leniencies).bracketed();
}

function assertLength(text: string): void {
  if (text.length > MAX_FILTER_LENGTH) {
    throw scimErrors.invalidFilter(`it is longer than the limit of ${MAX_FILTER_LENGTH} characters`);
  }
}

class FilterParser {
  private depth = 0;
  private terms = 0;
  private isInBrackets = false;

  constructor(
    private readonly tokens: Tokenizer,
    private readonly leniencies: LeniencyUse,
  ) {}

  disjunction(): Filter {
    const terms = [this.conjunction()];
    while (this.takeWord('or')) terms.push(this.conjunction());
    return onlyOr('or', terms);
  }

  expectEnd(): void {
    const token = this.tokens.peek();
    if (token.kind !== 'end') throw unexpected(token, 'and, or, or the end of the filter');
  }

  bracketed(): { filter: Filter; end: number } {
    // Brackets inside brackets are refused: attributes of attributes do not nest (RFC 7643 §2.3.8).
    this.isInBrackets = true;
    const filter = this.nested(() => this.disjunction());
    const close = this.expectSymbol(']');
    this.isInBrackets = false;
    return { filter, end: close.offset + 1 };
  }

  private conjunction(): Filter {
    const terms = [this.factor()];
    while (this.takeWord('and')) terms.push(this.factor());
    return onlyOr('and', terms);
  }

  private factor(): Filter {
    const token = this.tokens.next();
    if (token.kind === 'symbol' && token.text === '(') return this.group();
    if (token.kind !== 'word') throw unexpected(token, 'an attribute name, not or (');
    if (token.text.toLowerCase() === 'not') return this.negation();
    return this.attributeExpression(token);
  }

  private group(): Filter {
    const filter = this.nested(() => this.disjunction());
    this.expectSymbol(')');
    return filter;
  }

  private negation(): Filter {
    this.expectSymbol('(');
    return { type: 'not', term: this.group() };
  }

  private attributeExpression(name: Token): Filter {
    this.countTerm();
    if (!isAttributeNotation(name.text)) throw unexpected(name, 'an attribute name');
    const next = this.tokens.peek();
    const isValuePath = next.kind === 'symbol' && next.text === '[' && next.offset === endOf(name);
    return isValuePath ? this.valuePath(name) : this.comparison(name.text);
  }

  private valuePath({ text: attribute }: Token): Filter {
    const open = this.tokens.next();
    if (this.isInBrackets) throw scimErrors.invalidFilter('[ ] cannot stand inside [ ]', open.offset);
    const { filter, end } = this.bracketed();
    const next = this.tokens.peek();
    if (next.kind !== 'word' || next.offset !== end) return { type: 'valuePath', attribute, filter };
    return { type: 'valuePath', attribute, filter, comparison: this.comparisonAfterBracket(next) };
  }

  /** Outside the RFC's grammar, but how Entra looks users up by e-mail. */
  private comparisonAfterBracket(token: Token): Compare | Present {
    const name = token.text.slice(1);
    if (!token.text.startsWith('.') || !isAttributeName(name)) {
      throw unexpected(token, 'a sub-attribute such as .value, or a space');
    }
    if (!this.leniencies.allows('valuePathSubAttributeInFilter')) {
      throw scimErrors.invalidFilter('the comparison belongs inside the brackets', token.offset);
    }
    this.tokens.next();
    return this.comparison(name);
  }

  private comparison(attribute: string): Compare | Present {
    const operator = this.tokens.next();
    const op = operator.text.toLowerCase();
    if (operator.kind === 'word' && op === 'pr') return { type: 'present', attribute };
    if (operator.kind !== 'word' || !isOperator(op)) {
      throw unexpected(operator, 'one of the operators eq ne co sw ew gt ge lt le pr');
    }
    return { type: 'compare', attribute, op, value: this.operand() };
  }

  private operand(): FilterValue {
    const token = this.tokens.next();
    if (token.kind === 'string') return token.value;
    if (token.kind !== 'word') throw unexpected(token, 'a value: a "string", a number, true, false or null');
    if (token.text === 'true') return true;
    if (token.text === 'false') return false;
    if (token.text === 'null') return null;
    return NUMBER.test(token.text) ? toNumber(token) : this.bareWord(token);
  }

  private bareWord(token: Token): string {
    if (token.text.includes("'")) {
      throw scimErrors.invalidFilter('strings stand in double quotes', token.offset);
    }
    // Microsoft's test collection and an example of RFC 7644 §3.4.2.1 leave the quotes out.
    if (
      !token.text.isWellFormed() ||
      token.text.includes('\u0000') ||
      !this.leniencies.allows('bareWordInFilter')
    ) {
      throw unexpected(token, 'a value: a "string", a number, true, false or null');
    }
    return token.text;
  }

  private nested<T>(parse: () => T): T {
    this.depth++;
    if (this.depth > MAX_FILTER_DEPTH) {
      throw scimErrors.invalidFilter(`it nests deeper than the limit of ${MAX_FILTER_DEPTH} levels`);
    }
    const result = parse();
    this.depth--;
    return result;
  }

  private countTerm(): void {
    this.terms++;
    if (this.terms > MAX_FILTER_TERMS) {
      throw scimErrors.invalidFilter(`it has more terms than the limit of ${MAX_FILTER_TERMS}`);
    }
  }

  private takeWord(word: string): boolean {
    const token = this.tokens.peek();
    if (token.kind !== 'word' || token.text.toLowerCase() !== word) return false;
    this.tokens.next();
    return true;
  }

  private expectSymbol(symbol: string): Token {
    const token = this.tokens.next();
    if (token.kind !== 'symbol' || token.text !== symbol) throw unexpected(token, symbol);
    return token;
  }
}

function onlyOr(type: 'and' | 'or', terms: readonly Filter[]): Filter {
  const [only] = terms;
  return terms.length === 1 && only !== undefined ? only : { type, terms };
}

function isOperator(text: string): text is CompareOperator {
  return OPERATORS.has(text);
}

function toNumber(token: Token): number {
  const value = Number(token.text);
  if (!Number.isFinite(value)) throw unexpected(token, 'a number that a double can hold');
  return value === 0 ? 0 : value;
}

function endOf(token: Token): number {
  return token.offset + token.text.length;
}

function unexpected(token: Token, expected: string): ScimError {
  const found = token.kind === 'end' ? token.text : quoted(token.text);
  return scimErrors.invalidFilter(`expected ${expected} and found ${found}`, token.offset);
}
