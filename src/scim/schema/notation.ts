// RFC 7643 §2.1 and RFC 7644 §3.4.2.2 differ on `$`: a leading one is accepted, because `$ref` is an attribute.
const ATTRIBUTE_NAME = /^(?:[A-Za-z][\w$-]*|\$ref)$/u;
const ATTRIBUTE_NOTATION = /^(?:urn:[^\s"'()[\]]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?$/iu;

export function isAttributeName(text: string): boolean {
  return ATTRIBUTE_NAME.test(text);
}

/** Whether the text has the form of RFC 7644 §3.10: an optional schema URN, a name, an optional sub-attribute. */
export function isAttributeNotation(text: string): boolean {
  return ATTRIBUTE_NOTATION.test(text);
}
