import { isJsonArray, isJsonObject, type Json } from '../json.js';
import type { BoundFilter } from '../filter/bound-filter.js';
import { evaluateElement } from '../filter/evaluate.js';
import { scimErrors } from '../messages/scim-error.js';
import { checkRequiredSubs, parseElement } from '../schema/complex-values.js';
import type { AttributeNode } from '../schema/resource-schema.js';
import type { CollectionDraft, CollectionElement } from './collection-draft.js';
import { mergeComplex } from './complex-merge.js';
import { elementDescribedBy, elementsToRemove, isUnassigning } from './entra-rules.js';
import { givenValue, type PatchContext, type TargetedOperation } from './patch-context.js';

/** An operation on a large multi-valued attribute (group members), done as differences. */
export function patchCollection(
  context: PatchContext,
  operation: TargetedOperation,
  draft: CollectionDraft,
): void {
  const { op, target } = operation;
  // RFC 7643 §4.2: members are added and removed; their sub-attributes are not changed.
  if (target.sub !== undefined) {
    throw scimErrors.mutability(target.sub.path.path, 'elements can be added and removed, but not changed');
  }
  if (op === 'remove') remove(context, operation, draft);
  else if (target.filter === undefined) addOrReplace(context, operation, draft);
  else changeSelected(context, operation, target.filter, draft);
}

function remove(context: PatchContext, { target, value }: TargetedOperation, draft: CollectionDraft): void {
  if (target.filter !== undefined) {
    removeSelected(context, target.filter, draft);
    return;
  }
  const named = elementsToRemove(value, context.leniencies);
  if (named === undefined) draft.clear();
  else draft.remove(parseElements(context, target.node, named).map((element) => element.value));
}

function addOrReplace(context: PatchContext, operation: TargetedOperation, draft: CollectionDraft): void {
  const value = givenValue(operation);
  const isNothing = isUnassigning(value, context.leniencies);
  const list = isNothing ? [] : isJsonArray(value) ? value : [value];
  const elements = parseElements(context, operation.target.node, list);
  if (operation.op === 'add') draft.add(elements);
  else draft.replaceWith(elements);
}

function removeSelected({ work }: PatchContext, filter: BoundFilter, draft: CollectionDraft): void {
  const value = valueSought(filter, draft);
  if (value !== undefined) {
    draft.remove([value]);
    return;
  }
  work.spend(draft.size, filter);
  draft.removeWhere((element) => matches(filter, element));
}

/** Elements cannot be changed, so add and replace through a filter either state what is there or are refused. */
function changeSelected(
  context: PatchContext,
  operation: TargetedOperation,
  filter: BoundFilter,
  draft: CollectionDraft,
): void {
  const { node } = operation.target;
  const value = givenValue(operation);
  if (operation.op === 'replace' && isUnassigning(value, context.leniencies)) {
    removeSelected(context, filter, draft);
    return;
  }
  const selected = selectedElements(context, filter, draft);
  for (const element of selected) mergeComplex(node, { ...element }, value, context.leniencies);
  if (selected.length > 0) return;
  const described = elementDescribedBy(operation.op, operation.target, context.leniencies);
  const created = mergeComplex(node, described, value, context.leniencies);
  if (created !== undefined) draft.add([toElement(node, created)]);
}

function selectedElements(
  { work }: PatchContext,
  filter: BoundFilter,
  draft: CollectionDraft,
): readonly CollectionElement[] {
  const value = valueSought(filter, draft);
  if (value !== undefined) return draft.has(value) ? [{ value }] : [];
  work.spend(draft.size, filter);
  return [...draft.values()].filter((element) => matches(filter, element));
}

/** The value that `members[value eq "…"]` names, so that it is looked up and not searched for. */
function valueSought(filter: BoundFilter, draft: CollectionDraft): string | undefined {
  if (filter.type !== 'compare' || filter.op !== 'eq' || filter.path.sub?.name !== 'value') return undefined;
  const exact = String(filter.value);
  return draft.has(exact) ? exact : filter.key;
}

function matches(filter: BoundFilter, { value, type }: CollectionElement): boolean {
  return evaluateElement(filter, type === undefined ? { value } : { value, type });
}

function parseElements(
  { leniencies }: PatchContext,
  node: AttributeNode,
  list: readonly Json[],
): readonly CollectionElement[] {
  return list.flatMap((element) => {
    const parsed = parseElement(node, element, leniencies);
    return parsed === undefined ? [] : [toElement(node, parsed)];
  });
}

function toElement(node: AttributeNode, element: Json): CollectionElement {
  checkRequiredSubs(node, element);
  const { value, type } = isJsonObject(element) ? element : {};
  if (typeof value !== 'string') throw scimErrors.required(`${node.path.path}.value`);
  return typeof type === 'string' ? { value, type } : { value };
}
