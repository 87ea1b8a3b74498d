/** RFC 7643 §2.3. */
export type AttributeType =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';
export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
export type Returned = 'always' | 'never' | 'default' | 'request';
export type Uniqueness = 'none' | 'server' | 'global';

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
