import type { Json } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import type { PatchOperator } from '../messages/patch-op.js';
import { scimErrors } from '../messages/scim-error.js';
import type { AttributeNode, ExtensionNode, ResourceSchema } from '../schema/resource-schema.js';
import type { CollectionDraft } from './collection-draft.js';
import type { AttributeTarget } from './path.js';
import type { ResourceDraft } from './resource-draft.js';
import type { WorkBudget } from './work-budget.js';

/** What the operations of one PATCH work on. */
export interface PatchContext {
  readonly schema: ResourceSchema;
  readonly draft: ResourceDraft;
  readonly leniencies: LeniencyUse;
  readonly collections: Readonly<Record<string, CollectionDraft>>;
  readonly work: WorkBudget;
}

/** One operation whose target is resolved. */
export interface TargetedOperation {
  readonly op: PatchOperator;
  readonly target: AttributeTarget;
  /** Undefined when the operation has no value. */
  readonly value: Json | undefined;
}

/** RFC 7644 §3.5.2.1, §3.5.2.3: add and replace need a value; null is one. */
export function givenValue({ op, target, value }: TargetedOperation): Json {
  if (value === undefined) throw scimErrors.invalidValue(target.text, `a value, which ${op} needs`);
  return value;
}

/** RFC 7644 §3.5.2.2: what is required cannot be unassigned; what is immutable cannot once it is set. */
export function assertCanUnassign(node: AttributeNode, current: Json | undefined): void {
  if (node.definition.required)
    throw scimErrors.mutability(node.path.path, 'it is required and cannot be removed');
  if (node.definition.mutability === 'immutable' && current !== undefined) {
    throw scimErrors.mutability(node.path.path, 'it is immutable and has a value');
  }
}

/** Unassigns all attributes of an extension, where nothing forbids that for one of them. */
export function removeExtension(
  { draft }: PatchContext,
  { schema, required, attributes }: ExtensionNode,
): void {
  if (required) throw scimErrors.mutability(schema.id, 'it is required and cannot be removed');
  for (const node of attributes.values()) {
    const value = draft.get(node);
    if (value !== undefined && node.definition.mutability === 'immutable') assertCanUnassign(node, value);
  }
  draft.drop(schema.id);
}
