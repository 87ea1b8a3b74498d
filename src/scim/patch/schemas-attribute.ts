import { isJsonArray, isJsonObject, type Json } from '../json.js';
import { evaluateElement } from '../filter/evaluate.js';
import { quoted, scimErrors } from '../messages/scim-error.js';
import { givenValue, type PatchContext, removeExtension, type TargetedOperation } from './patch-context.js';

/**
 * An operation on `schemas` (RFC 7644 §3.5.2). The attribute follows from the data, so adding a URN changes
 * nothing until its extension has data, and removing one removes that data.
 */
export function patchSchemas(context: PatchContext, operation: TargetedOperation): void {
  const { schema } = context;
  if (operation.op === 'remove') {
    for (const urn of removedUrns(context, operation)) removeSchema(context, urn);
    return;
  }
  const urns = urnsIn(givenValue(operation));
  for (const urn of urns) assertKnown(context, urn);
  if (operation.op === 'replace' && !urns.some((urn) => schema.isCoreUrn(urn))) {
    throw scimErrors.mutability('schemas', `it must contain ${schema.core.id}`);
  }
}

function removedUrns({ schema }: PatchContext, { target, value }: TargetedOperation): readonly string[] {
  const { filter } = target;
  const known = schema.schemas.map(({ id }) => id);
  if (filter !== undefined) return known.filter((urn) => evaluateElement(filter, urn));
  return value === undefined || value === null ? known : urnsIn(value);
}

function removeSchema(context: PatchContext, urn: string): void {
  const { schema } = context;
  if (schema.isCoreUrn(urn)) throw scimErrors.mutability('schemas', `it must contain ${schema.core.id}`);
  const extension = schema.extension(urn);
  if (extension !== undefined) removeExtension(context, extension);
}

function assertKnown({ schema, leniencies }: PatchContext, urn: string): void {
  if (schema.isCoreUrn(urn) || schema.extension(urn) !== undefined || leniencies.allows('unknownSchemaUrn'))
    return;
  const known = schema.schemas.map(({ id }) => id).join(', ');
  throw scimErrors.invalidValue('schemas', `one of ${known}, not ${quoted(urn)}`);
}

function urnsIn(value: Json): readonly string[] {
  const list = isJsonArray(value) ? value : [value];
  return list.map((element) => {
    const urn = isJsonObject(element) ? element['value'] : element;
    if (typeof urn !== 'string') throw scimErrors.invalidValue('schemas', 'URNs as strings');
    return urn;
  });
}
