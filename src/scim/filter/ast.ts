// The filter language of RFC 7644 §3.4.2.2 as data: syntax only, attribute notations as the client wrote them.

export type CompareOperator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type FilterValue = string | number | boolean | null;

export type Filter = And | Or | Not | Compare | Present | ValuePath;

export interface And {
  readonly type: 'and';
  readonly terms: readonly Filter[];
}

export interface Or {
  readonly type: 'or';
  readonly terms: readonly Filter[];
}

export interface Not {
  readonly type: 'not';
  readonly term: Filter;
}

export interface Compare {
  readonly type: 'compare';
  readonly attribute: string;
  readonly op: CompareOperator;
  readonly value: FilterValue;
}

export interface Present {
  readonly type: 'present';
  readonly attribute: string;
}

/** `emails[type eq "work"]`: the inner filter holds for one and the same element. */
export interface ValuePath {
  readonly type: 'valuePath';
  readonly attribute: string;
  readonly filter: Filter;
  /** The comparison after the bracket, as Entra writes it: `emails[type eq "work"].value eq "x"`. */
  readonly comparison?: Compare | Present;
}
