import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import type { LeniencyUse } from '../leniency.js';
import type { PatchOperation, PatchOperator } from '../messages/patch-op.js';
import { scimErrors } from '../messages/scim-error.js';
import { assertOneSpelling, parseValue } from '../schema/complex-values.js';
import { checkRequired, type ResourceAttributes } from '../schema/parse-resource.js';
import type { AttributeNode, ExtensionNode, ResourceSchema } from '../schema/resource-schema.js';
import type { CollectionDraft } from './collection-draft.js';
import { patchCollection } from './collection-operations.js';
import { isPathKey, isUnassigning } from './entra-rules.js';
import { patchMultiValued } from './multi-valued.js';
import { type PatchContext, removeExtension, type TargetedOperation } from './patch-context.js';
import { attributeTarget, parsePath, type PatchPath } from './path.js';
import { ResourceDraft } from './resource-draft.js';
import { patchSchemas } from './schemas-attribute.js';
import { patchSingleValued } from './single-valued.js';
import { WorkBudget } from './work-budget.js';

export const DEFAULT_MAX_PATCH_VALUES = 10_000;

export interface PatchOptions {
  readonly leniencies: LeniencyUse;
  /** Drafts of large multi-valued attributes by name; these attributes are not in the resource itself. */
  readonly collections?: Readonly<Record<string, CollectionDraft>>;
  /** Most array elements in the values of all operations together; Infinity for no limit. */
  readonly maxValues?: number;
}

/**
 * Applies the operations in order, each seeing what the earlier ones did: all of them or, by throwing, none.
 * The input is never changed; what no operation touched is shared with the result. When it throws, drafts in
 * `collections` are to be thrown away.
 *
 * @returns the resource after the last operation; the very same object when nothing changed
 * @throws ScimError only
 */
export function applyPatch(
  schema: ResourceSchema,
  current: ResourceAttributes,
  operations: readonly PatchOperation[],
  options: PatchOptions,
): ResourceAttributes {
  assertValueCount(operations, options.maxValues ?? DEFAULT_MAX_PATCH_VALUES);
  const context: PatchContext = {
    schema,
    draft: new ResourceDraft(current),
    leniencies: options.leniencies,
    collections: options.collections ?? {},
    work: new WorkBudget(),
  };
  for (const operation of operations) applyOperation(context, operation);
  const { result } = context.draft;
  checkRequired(schema, result);
  return result;
}

function applyOperation(context: PatchContext, { op, path, value }: PatchOperation): void {
  if (path !== undefined) {
    applyToPath(context, op, parsePath(path, context.schema, context.leniencies), value);
    return;
  }
  // RFC 7644 §3.5.2.2: remove needs a path.
  if (op === 'remove') throw scimErrors.noTarget(undefined, 'remove needs one, such as nickName');
  applyObject(context, op, objectOf(value), undefined);
}

function applyToPath(
  context: PatchContext,
  op: PatchOperator,
  path: PatchPath,
  value: Json | undefined,
): void {
  if (path.kind === 'attribute') applyToTarget(context, { op, target: path, value });
  else applyToSchema(context, op, path.extension, value);
}

/** A path or key that is the URN of a schema: its attributes stand in the value. */
function applyToSchema(
  context: PatchContext,
  op: PatchOperator,
  extension: ExtensionNode | undefined,
  value: Json | undefined,
): void {
  const { schema, leniencies } = context;
  const isRemoval = op === 'remove' || (value !== undefined && isUnassigning(value, leniencies));
  if (!isRemoval) applyObject(context, op, objectOf(value), extension);
  else if (extension !== undefined) removeExtension(context, extension);
  else throw scimErrors.mutability(schema.core.id, 'the base schema cannot be removed');
}

/** RFC 7644 §3.5.2.1, §3.5.2.3: without path the value holds the attributes to add or replace. */
function applyObject(
  context: PatchContext,
  op: PatchOperator,
  value: JsonObject,
  extension: ExtensionNode | undefined,
): void {
  for (const key of Object.keys(value)) {
    const inner = value[key] ?? null;
    const node = (extension ?? context.schema).attributes.get(key);
    if (node === undefined) {
      applyKey(context, op, extension === undefined ? key : `${extension.schema.id}:${key}`, inner);
      continue;
    }
    if (key !== node.definition.name) assertOneSpelling(value, key, 'value');
    applyToTarget(context, { op, target: { kind: 'attribute', text: node.path.path, node }, value: inner });
  }
}

/** A key that names no attribute of its object: a schema's URN, a path of Entra's, or unknown and so ignored. */
function applyKey(context: PatchContext, op: PatchOperator, key: string, value: Json): void {
  const { schema, leniencies } = context;
  const extension = schema.extension(key);
  if (extension !== undefined || schema.isCoreUrn(key)) {
    applyToSchema(context, op, extension, value);
    return;
  }
  const node = isPathKey(key)
    ? pathKeyNode(schema, key, leniencies)
    : schema.bareExtensionNode(key, leniencies);
  if (node === undefined) return;
  const target =
    node === 'filtered' ? parsePath(key, schema, leniencies) : attributeTarget(key, node, schema);
  applyToPath(context, op, target, value);
}

function pathKeyNode(
  schema: ResourceSchema,
  key: string,
  leniencies: LeniencyUse,
): AttributeNode | 'filtered' | undefined {
  const open = key.indexOf('[');
  const node = schema.node(open < 0 ? key : key.slice(0, open), leniencies);
  if (node === undefined || !leniencies.allows('dottedKeys')) return undefined;
  return open < 0 ? node : 'filtered';
}

function applyToTarget(context: PatchContext, operation: TargetedOperation): void {
  const { node, sub } = operation.target;
  const collection = node.path.urn === undefined ? collectionOf(context, node.definition.name) : undefined;
  assertWritable(sub ?? node);
  assertWritable(node);
  if (node.definition.name === 'schemas' && node.path.urn === undefined) patchSchemas(context, operation);
  else if (collection !== undefined) patchCollection(context, operation, collection);
  else if (node.definition.mutability === 'writeOnly') checkOnly(context, operation);
  else if (node.definition.multiValued) patchMultiValued(context, operation);
  else patchSingleValued(context, operation);
}

function collectionOf({ collections }: PatchContext, name: string): CollectionDraft | undefined {
  return Object.hasOwn(collections, name) ? collections[name] : undefined;
}

function assertWritable({ definition, path }: AttributeNode): void {
  if (definition.mutability === 'readOnly') throw scimErrors.mutability(path.path, 'it is readOnly');
}

/** A password is checked and goes no further: nothing here stores secrets of users. */
function checkOnly({ leniencies }: PatchContext, { op, target: { node }, value }: TargetedOperation): void {
  if (op !== 'remove' && value !== undefined) parseValue(node, value, leniencies);
}

function objectOf(value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  throw scimErrors.invalidValue(
    'value',
    'an object of attributes, since the operation has no attribute in its path',
  );
}

function assertValueCount(operations: readonly PatchOperation[], limit: number): void {
  if (limit === Infinity) return;
  let count = 0;
  for (const { value } of operations) count += countElements(value);
  if (count > limit) throw scimErrors.payloadTooLarge(`${limit} values in one PATCH`);
}

function countElements(value: Json | undefined): number {
  if (isJsonArray(value)) return value.length;
  if (!isJsonObject(value)) return 0;
  let count = 0;
  for (const key in value) count += countElements(value[key]);
  return count;
}
