/** RFC 7643 §2.3. */
export type AttributeType =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';
export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
export type Returned = 'always' | 'never' | 'default' | 'request';
export type Uniqueness = 'none' | 'server' | 'global';

/** Characters that any text value may have, unless its definition says otherwise. RFC 7643 sets no limit. */
export const MAX_TEXT_LENGTH = 65_536;

/** Characters for what names somebody or something: far above what a directory holds, far below what would hurt one. */
export const MAX_NAME_LENGTH = 1_024;

/** One attribute with its characteristics (RFC 7643 §2.2, §7). */
export interface AttributeDefinition {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly canonicalValues?: readonly string[];
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly AttributeDefinition[];
  /** Characters (code points) that a text value may have; default {@link MAX_TEXT_LENGTH}. Not published. */
  readonly maxLength?: number;
  /** A further test of a string value; gives what would be accepted when it fails. Not published. */
  readonly check?: (value: string) => string | undefined;
}

/** A schema of RFC 7643 §7, as plain data. */
export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly AttributeDefinition[];
}

/** An attribute with the defaults of RFC 7643 §2.2 for every characteristic that is not given. */
export function attribute(
  name: string,
  characteristics: Partial<Omit<AttributeDefinition, 'name'>> = {},
): AttributeDefinition {
  const type = characteristics.type ?? (characteristics.subAttributes === undefined ? 'string' : 'complex');
  return {
    name,
    multiValued: false,
    description: '',
    required: false,
    // RFC 7643 §2.3.6, §2.3.7: binary and reference values are case-exact whatever the printed schema says.
    caseExact: type === 'binary' || type === 'reference',
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...characteristics,
    type,
  };
}
