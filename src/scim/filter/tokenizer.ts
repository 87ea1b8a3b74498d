import { scimErrors } from '../messages/scim-error.js';

export type Token =
  | { readonly kind: 'word' | 'symbol' | 'end'; readonly text: string; readonly offset: number }
  | { readonly kind: 'string'; readonly text: string; readonly value: string; readonly offset: number };

const QUOTE = '"';
const SYMBOLS = '()[]';

/** Cuts a filter into words, JSON strings and the four brackets. Any whitespace separates, any amount of it. */
export class Tokenizer {
  private position: number;
  private ahead: Token | undefined;

  constructor(
    private readonly text: string,
    start = 0,
  ) {
    this.position = start;
  }

  /** @throws ScimError invalidFilter */
  peek(): Token {
    this.ahead ??= this.read();
    return this.ahead;
  }

  next(): Token {
    const token = this.peek();
    this.ahead = undefined;
    return token;
  }

  private read(): Token {
    while (isSpace(this.text[this.position])) this.position++;
    const offset = this.position;
    const first = this.text[offset];
    if (first === undefined) return { kind: 'end', text: 'the end', offset };
    if (SYMBOLS.includes(first)) {
      this.position++;
      return { kind: 'symbol', text: first, offset };
    }
    return first === QUOTE ? this.readString(offset) : this.readWord(offset);
  }

  private readWord(offset: number): Token {
    while (!isDelimiter(this.text[this.position])) this.position++;
    return { kind: 'word', text: this.text.slice(offset, this.position), offset };
  }

  private readString(offset: number): Token {
    const end = closingQuote(this.text, offset + 1);
    if (end < 0) throw scimErrors.invalidFilter('the string has no closing "', offset);
    this.position = end + 1;
    if (this.text[this.position] === QUOTE || !isDelimiter(this.text[this.position])) {
      throw scimErrors.invalidFilter('expected a space, ) or ] after the string', this.position);
    }
    const text = this.text.slice(offset, end + 1);
    return { kind: 'string', text, value: decode(text, offset), offset };
  }
}

function closingQuote(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === QUOTE) return index;
  }
  return -1;
}

function decode(literal: string, offset: number): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch {
    throw scimErrors.invalidFilter('the string must be written as a JSON string', offset);
  }
  // No stored value holds such text, and no database takes it.
  if (typeof value !== 'string' || value.includes('\u0000') || !value.isWellFormed()) {
    throw scimErrors.invalidFilter('the string must be well-formed Unicode text without U+0000', offset);
  }
  return value;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

function isDelimiter(character: string | undefined): boolean {
  return character === undefined || isSpace(character) || SYMBOLS.includes(character) || character === QUOTE;
}
