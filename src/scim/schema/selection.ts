import { isEmptyObject, isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.js';
import { scimErrors } from '../messages/scim-error.js';
import type { AttributeNode, ResourceSchema } from './resource-schema.js';

/** What of a resource an answer shows (RFC 7644 §3.9). */
export interface Selection {
  readonly mode: 'default' | 'include' | 'exclude';
  /** Canonical paths of the attributes, sub-attributes and extensions named. */
  readonly named: ReadonlySet<string>;
  /** Paths that are not named themselves but have something below that is. */
  readonly above: ReadonlySet<string>;
}

export interface SelectionParameters {
  readonly attributes?: readonly string[] | undefined;
  readonly excludedAttributes?: readonly string[] | undefined;
}

export const DEFAULT_SELECTION: Selection = { mode: 'default', named: new Set(), above: new Set() };

/**
 * Resolves the two lists against a schema; unknown names are ignored.
 *
 * @throws ScimError invalidValue when both lists are given (RFC 7644 §3.9)
 */
export function parseSelection(schema: ResourceSchema, parameters: SelectionParameters): Selection {
  const attributes = parameters.attributes ?? [];
  const excluded = parameters.excludedAttributes ?? [];
  if (attributes.length > 0 && excluded.length > 0) {
    throw scimErrors.invalidValue('excludedAttributes', 'either attributes or excludedAttributes, not both');
  }
  if (attributes.length > 0) return select(schema, 'include', attributes);
  return excluded.length > 0 ? select(schema, 'exclude', excluded) : DEFAULT_SELECTION;
}

/** Whether an answer may show anything of the attribute, so that a reader can leave it unloaded. */
export function isSelected(selection: Selection, path: string): boolean {
  if (selection.mode === 'default') return true;
  if (selection.mode === 'exclude') return !selection.named.has(path);
  return selection.named.has(path) || selection.above.has(path);
}

/**
 * The resource as an answer shows it; the same object where nothing is left out.
 *
 * @param written names of `returned: request` attributes that the client sent in this very write (RFC 7643 §7)
 */
export function selectAttributes(
  schema: ResourceSchema,
  resource: JsonObject,
  selection: Selection,
  written?: ReadonlySet<string>,
): JsonObject {
  if (selection.mode === 'default' && !schema.hidesAttributes) return resource;
  const shown: Record<string, Json> = {};
  for (const name of Object.keys(resource)) {
    const value = resource[name];
    if (value === undefined) continue;
    const node = schema.attributes.get(name);
    const part =
      node === undefined
        ? extensionPart(schema, name, value, selection, written)
        : attributePart(node, value, selection, false, written);
    if (part !== undefined) shown[name] = part;
  }
  return shown;
}

function select(
  schema: ResourceSchema,
  mode: 'include' | 'exclude',
  notations: readonly string[],
): Selection {
  const named = new Set<string>();
  const above = new Set<string>();
  for (const notation of notations) {
    for (const { path } of nodesOf(schema, withoutFilter(notation.trim()))) {
      named.add(path.path);
      if (path.urn !== undefined) above.add(path.urn);
      if (path.sub !== undefined) above.add(path.path.slice(0, -path.sub.name.length - 1));
    }
    const extension = schema.extension(notation.trim());
    if (extension !== undefined) named.add(extension.schema.id);
  }
  return { mode, named, above };
}

function nodesOf(schema: ResourceSchema, notation: string): Iterable<AttributeNode> {
  if (schema.isCoreUrn(notation)) {
    return schema.core.attributes.flatMap(({ name }) => schema.attributes.get(name) ?? []);
  }
  const node = schema.node(notation);
  return node === undefined ? [] : [node];
}

/** Microsoft's test collection asks for `emails[type eq "work"]`: the filter has no meaning here. */
function withoutFilter(notation: string): string {
  const open = notation.indexOf('[');
  return open < 0
    ? notation
    : notation.slice(0, open) + notation.slice(notation.lastIndexOf(']') + 1 || notation.length);
}

function extensionPart(
  schema: ResourceSchema,
  urn: string,
  value: Json,
  selection: Selection,
  written: ReadonlySet<string> | undefined,
): Json | undefined {
  const extension = schema.extension(urn);
  if (extension === undefined || !isJsonObject(value)) return undefined;
  const isNamed = selection.named.has(extension.schema.id);
  if (selection.mode === 'exclude' && isNamed) return undefined;
  const shown: Record<string, Json> = {};
  for (const name of Object.keys(value)) {
    const node = extension.attributes.get(name);
    const inner = value[name];
    if (node === undefined || inner === undefined) continue;
    const part = attributePart(node, inner, selection, selection.mode === 'include' && isNamed, written);
    if (part !== undefined) shown[name] = part;
  }
  return isEmptyObject(shown) ? undefined : shown;
}

/** @param isInside whether the attribute's parent is itself shown because it was named */
function attributePart(
  node: AttributeNode,
  value: Json,
  selection: Selection,
  isInside: boolean,
  written: ReadonlySet<string> | undefined,
): Json | undefined {
  const isWhole = isShown(node, selection, isInside, written);
  const isAbove = selection.mode === 'include' && selection.above.has(node.path.path);
  if ((!isWhole && !isAbove) || node.definition.returned === 'never') return undefined;
  if (node.definition.type !== 'complex') return value;
  // Nothing below can be left out.
  if (isWhole && selection.mode !== 'exclude' && !node.hidesSubs) return value;
  return subParts(node, value, selection, isWhole, written);
}

/** Whether an attribute is shown as a whole, as far as its sub-attributes are not left out (RFC 7644 §3.9). */
function isShown(
  { definition, path: { path } }: AttributeNode,
  { mode, named }: Selection,
  isInside: boolean,
  written: ReadonlySet<string> | undefined,
): boolean {
  if (definition.returned === 'always') return true;
  if (mode === 'include' && named.has(path)) return true;
  // RFC 7643 §7: `request` attributes are shown when named, or when written by this very request.
  if (definition.returned === 'request') return written?.has(path) === true;
  return mode === 'include' ? isInside : mode === 'default' || !named.has(path);
}

function subParts(
  node: AttributeNode,
  value: Json,
  selection: Selection,
  isInside: boolean,
  written: ReadonlySet<string> | undefined,
): Json | undefined {
  if (isJsonArray(value)) {
    const parts = value.flatMap((element) => subParts(node, element, selection, isInside, written) ?? []);
    return parts.length === 0 ? undefined : parts;
  }
  if (!isJsonObject(value)) return value;
  const shown: Record<string, Json> = {};
  for (const name of Object.keys(value)) {
    const sub = node.subs.get(name);
    const inner = value[name];
    const part =
      sub === undefined || inner === undefined
        ? undefined
        : attributePart(sub, inner, selection, isInside, written);
    if (part !== undefined) shown[name] = part;
  }
  return isEmptyObject(shown) ? undefined : shown;
}
