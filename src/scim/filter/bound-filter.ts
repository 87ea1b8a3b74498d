import type { AttributePath } from '../schema/resource-schema.js';
import type { CompareOperator } from './ast.js';

/**
 * A filter whose attributes are resolved and whose operands are comparable keys: what the in-memory evaluator
 * and a translation to a query language both work from.
 *
 * Paths of a `valuePath`'s inner filter are written in full (`emails.type`) but read from the element; one
 * without `sub` there is the element itself (a multi-valued simple attribute).
 */
export type BoundFilter =
  BoundAnd | BoundOr | BoundNot | BoundCompare | BoundPresent | BoundValuePath | BoundConstant;

export interface BoundAnd {
  readonly type: 'and';
  readonly terms: readonly BoundFilter[];
}

export interface BoundOr {
  readonly type: 'or';
  readonly terms: readonly BoundFilter[];
}

export interface BoundNot {
  readonly type: 'not';
  readonly term: BoundFilter;
}

/**
 * True when any value at the path compares so. `ne` is also true where there is no value: for no element at all,
 * and for an element that lacks the sub-attribute.
 */
export interface BoundCompare {
  readonly type: 'compare';
  readonly path: AttributePath;
  readonly op: CompareOperator;
  /** The operand as `comparableKey` gives it. */
  readonly key: string;
  /** The operand itself, of the attribute's type. */
  readonly value: string | number | boolean;
}

/** True when there is a non-empty value at the path, or below it for a complex attribute. */
export interface BoundPresent {
  readonly type: 'present';
  readonly path: AttributePath;
}

/** True when one element (or the value of a single-valued attribute) satisfies the whole inner filter. */
export interface BoundValuePath {
  readonly type: 'valuePath';
  readonly path: AttributePath;
  readonly filter: BoundFilter;
}

/** What comparing an attribute comes to that the resource type does not have. */
export interface BoundConstant {
  readonly type: 'constant';
  readonly value: boolean;
}
