import { bindElementFilter } from '../filter/bind.js';
import type { BoundFilter } from '../filter/bound-filter.js';
import { parseBracketed } from '../filter/parser.js';
import type { LeniencyUse } from '../leniency.js';
import { scimErrors } from '../messages/scim-error.js';
import { isAttributeName, isAttributeNotation } from '../schema/notation.js';
import type { AttributeNode, ExtensionNode, ResourceSchema } from '../schema/resource-schema.js';

/** What a PATCH path names (RFC 7644 §3.5.2). */
export type PatchPath = AttributeTarget | SchemaTarget;

export interface AttributeTarget {
  readonly kind: 'attribute';
  /** The path as the client wrote it, for error messages. */
  readonly text: string;
  readonly node: AttributeNode;
  readonly sub?: AttributeNode;
  /** Selects elements of a multi-valued attribute. */
  readonly filter?: BoundFilter;
}

/** All attributes of an extension, or of the core schema. */
export interface SchemaTarget {
  readonly kind: 'schema';
  readonly extension: ExtensionNode | undefined;
}

/**
 * @throws ScimError invalidPath for the path itself, invalidFilter for what stands in its brackets
 */
export function parsePath(text: string, schema: ResourceSchema, leniencies: LeniencyUse): PatchPath {
  const open = text.indexOf('[');
  if (open >= 0) return filteredPath(text, open, schema, leniencies);
  const extension = schema.extension(text);
  if (extension !== undefined || schema.isCoreUrn(text)) return { kind: 'schema', extension };
  if (!isAttributeNotation(text)) {
    throw scimErrors.invalidPath(text, 'expected attr, attr.sub, attr[filter] or attr[filter].sub');
  }
  return attributeTarget(text, named(text, text, schema, leniencies), schema);
}

/** The target that a resolved attribute or sub-attribute is. */
export function attributeTarget(text: string, node: AttributeNode, schema: ResourceSchema): AttributeTarget {
  const parent = schema.parentOf(node);
  return parent === undefined
    ? { kind: 'attribute', text, node }
    : { kind: 'attribute', text, node: parent, sub: node };
}

function filteredPath(
  text: string,
  open: number,
  schema: ResourceSchema,
  leniencies: LeniencyUse,
): AttributeTarget {
  const node = named(text.slice(0, open), text, schema, leniencies);
  if (node.path.sub !== undefined || !node.definition.multiValued) {
    throw scimErrors.invalidPath(
      text,
      `'${node.path.path}' is not multi-valued, so that a filter cannot select from it`,
    );
  }
  if (/^\[\s*-?\d*\s*\]/u.test(text.slice(open))) {
    throw scimErrors.invalidPath(
      text,
      'elements are selected by a filter such as [type eq "work"], not by an index',
    );
  }
  const { filter: syntax, end } = parseBracketed(text, open + 1, leniencies);
  const filter = bindElementFilter(syntax, node, leniencies);
  const rest = text.slice(end);
  if (rest === '') return { kind: 'attribute', text, node, filter };
  return { kind: 'attribute', text, node, filter, sub: subNode(rest, node, text) };
}

function named(
  notation: string,
  text: string,
  schema: ResourceSchema,
  leniencies: LeniencyUse,
): AttributeNode {
  const node = isAttributeNotation(notation) ? schema.node(notation, leniencies) : undefined;
  if (node === undefined) throw scimErrors.invalidPath(text, `a ${schema.name} has no such attribute`);
  return node;
}

function subNode(rest: string, node: AttributeNode, text: string): AttributeNode {
  const name = rest.slice(1);
  const sub = rest.startsWith('.') && isAttributeName(name) ? node.subs.get(name) : undefined;
  if (sub === undefined) {
    throw scimErrors.invalidPath(
      text,
      'after the bracket expected the end or a sub-attribute such as .value',
    );
  }
  return sub;
}
