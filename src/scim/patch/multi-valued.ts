import { isEmptyObject, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import { evaluateElement } from '../filter/evaluate.js';
import { scimErrors } from '../messages/scim-error.js';
import { parseElement, parseValue } from '../schema/complex-values.js';
import { isPrimary, normaliseElements } from '../schema/elements.js';
import type { AttributeNode } from '../schema/resource-schema.js';
import { mergeComplex, mergeSub, withoutSub } from './complex-merge.js';
import { elementDescribedBy, elementsToRemove, isResidue, isUnassigning } from './entra-rules.js';
import { addElements, withoutElements } from './element-lists.js';
import { assertCanUnassign, givenValue, type PatchContext, type TargetedOperation } from './patch-context.js';

type Elements = readonly Json[];

/** An operation on a multi-valued attribute, on elements that a filter selects, or on their sub-attributes. */
export function patchMultiValued(context: PatchContext, operation: TargetedOperation): void {
  const { node, sub, filter } = operation.target;
  const current = context.draft.get(node);
  const elements: Elements = isJsonArray(current) ? current : [];
  context.work.spend(elements.length, filter);
  const next =
    filter === undefined && sub === undefined
      ? patchWhole(context, operation, elements)
      : patchSelected(context, operation, elements);
  if (next.length === 0) assertCanUnassign(node, current);
  context.draft.set(node, normaliseElements(node, withOnePrimary(elements, next)));
}

function patchWhole(context: PatchContext, operation: TargetedOperation, elements: Elements): Elements {
  const { leniencies } = context;
  const { op, target, value } = operation;
  const { node } = target;
  if (op === 'remove') {
    const named = elementsToRemove(value, leniencies);
    return named === undefined ? [] : withoutElements(node, elements, parseList(context, node, named));
  }
  const given = givenValue(operation);
  const isNothing = isUnassigning(given, leniencies);
  // RFC 7644 §3.5.2.1 speaks of a value to append, its examples of an array: both are taken.
  const list = isNothing ? [] : isJsonArray(given) ? given : [given];
  if (op === 'add') return addElements(node, elements, parseList(context, node, list));
  const parsed = parseValue(node, list, leniencies);
  return isJsonArray(parsed) ? parsed : [];
}

function parseList({ leniencies }: PatchContext, node: AttributeNode, list: Elements): Elements {
  return list.flatMap((element) => parseElement(node, element, leniencies) ?? []);
}

/** Elements that a filter selects; a path such as `emails.value` without filter means all of them. */
function patchSelected(context: PatchContext, operation: TargetedOperation, elements: Elements): Elements {
  const { op, target } = operation;
  const { filter, text } = target;
  if (filter === undefined && op === 'add') {
    throw scimErrors.invalidPath(
      text,
      'add needs a filter that selects the elements, or the whole attribute',
    );
  }
  // Nothing to add to the elements themselves.
  if (op === 'add' && target.sub === undefined && isUnassigning(givenValue(operation), context.leniencies))
    return elements;
  const isSelected = (element: Json): boolean => filter === undefined || evaluateElement(filter, element);
  const change = changeOf(context, operation);
  // RFC 7644 §3.5.2.2: removing what is not there is no error.
  if (change.isRemoval || elements.some(isSelected)) {
    return elements.flatMap((element) => (isSelected(element) ? (change.apply(element) ?? []) : [element]));
  }
  const created = change.create(elementDescribedBy(op, target, context.leniencies));
  return created === undefined ? elements : [...elements, created];
}

interface ElementChange {
  readonly isRemoval: boolean;
  /** Undefined drops the element. */
  readonly apply: (element: Json) => Json | undefined;
  /** From what the filter says of the missing element to the element that is created. */
  readonly create: (described: JsonObject) => Json | undefined;
}

function changeOf(context: PatchContext, operation: TargetedOperation): ElementChange {
  const { op, target } = operation;
  const isRemoval = op === 'remove' || isUnassigning(givenValue(operation), context.leniencies);
  if (isRemoval) return removalOf(target.sub);
  return target.sub === undefined
    ? elementChange(context, operation)
    : subChange(context, operation, target.sub);
}

function removalOf(sub: AttributeNode | undefined): ElementChange {
  return {
    isRemoval: true,
    apply(element) {
      if (sub === undefined || !isJsonObject(element)) return undefined;
      if (element[sub.definition.name] === undefined) return element;
      const rest = withoutSub(element, sub);
      return isResidue(rest) ? undefined : rest;
    },
    create: () => undefined,
  };
}

function subChange(
  { leniencies }: PatchContext,
  operation: TargetedOperation,
  sub: AttributeNode,
): ElementChange {
  const { node } = operation.target;
  const value = givenValue(operation);
  const apply = (element: Json): Json | undefined => {
    const before = isJsonObject(element) ? element : {};
    const merged = mergeSub(node, before, sub, value, operation.op === 'add', leniencies);
    return isEmptyObject(merged) ? undefined : merged;
  };
  return { isRemoval: false, apply, create: apply };
}

/** RFC 7644 §3.5.2.3: replace puts the value in place of each element; add sets what the value has. */
function elementChange({ leniencies }: PatchContext, operation: TargetedOperation): ElementChange {
  const { node } = operation.target;
  const value = givenValue(operation);
  const merge = (element: Json): Json | undefined =>
    isJsonObject(element)
      ? mergeComplex(node, element, value, leniencies)
      : parseElement(node, value, leniencies);
  const replace = (element: Json): Json | undefined => {
    if (node.identity === 'value' && isJsonObject(element)) return merge(element);
    return parseElement(node, value, leniencies);
  };
  return {
    isRemoval: false,
    apply: operation.op === 'add' ? merge : replace,
    create: node.definition.type === 'complex' ? merge : () => parseElement(node, value, leniencies),
  };
}

/** RFC 7644 §3.5.2: an element that becomes primary takes that from the others. */
function withOnePrimary(before: Elements, after: Elements): Elements {
  const known = new Set(before);
  const isNew = (element: Json): boolean => isPrimary(element) && !known.has(element);
  if (!after.some(isNew)) return after;
  return after.map((element) =>
    isJsonObject(element) && isPrimary(element) && !isNew(element) ? { ...element, primary: false } : element,
  );
}
