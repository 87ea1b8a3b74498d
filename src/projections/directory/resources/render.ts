// A resource as clients see it: its attributes, and what is derived from other resources.
import { findDocument, findKind, type Interned } from '../../../read-model/documents.js';
import { row, type Script } from '../../../read-model/script.js';
import { getAt, setAt } from '../../../resources/attribute-paths.js';
import type { ResourceState } from '../../../resources/evolve.js';
import { resourceTypeNamed } from '../../../resources/registry.js';
import type { ReferenceAttribute, ResourceType } from '../../../resources/resource-type.js';
import type { Json, JsonObject } from '../../../scim/json.js';
import { isSelected, type Selection } from '../../../scim/schema/selection.js';
import { holdersOf, membersOf } from '../memberships/memberships.reader.js';

export interface RenderContext {
  readonly interned: Interned;
  readonly tenant: string;
  readonly type: ResourceType;
  /** Base of every URL in the resource. */
  readonly baseUrl: string;
}

/** The whole resource; derived attributes that the selection leaves out are not even read. */
export function* renderResource(
  context: RenderContext,
  id: string,
  state: ResourceState,
  selection: Selection,
): Script<JsonObject> {
  const { type, baseUrl } = context;
  const attributes = yield* renderReferences(context, state.attributes);
  const location = `${baseUrl}/${type.endpoint}/${id}`;
  const resource: Record<string, Json> = { schemas: schemasOf(type, attributes), id, ...attributes };
  yield* addMemberships(context, id, selection, resource);
  resource['meta'] = {
    resourceType: type.name,
    created: state.created,
    lastModified: state.lastModified,
    location,
    version: `W/"${state.revision}"`,
  };
  return resource;
}

// DEC COM-01: the base schema, and every extension that has data.
function schemasOf(type: ResourceType, attributes: JsonObject): readonly string[] {
  const urns = type.schema.extensions.map(({ schema }) => schema.id);
  return [type.schema.core.id, ...urns.filter((urn) => attributes[urn] !== undefined)];
}

function* renderReferences(context: RenderContext, attributes: JsonObject): Script<JsonObject> {
  let rendered = attributes;
  for (const reference of context.type.references) {
    const id = getAt(attributes, `${reference.path}.value`);
    if (typeof id !== 'string') continue;
    const value = yield* renderReference(context, reference, id);
    rendered = setAt(rendered, reference.path, value);
  }
  return rendered;
}

// A reference to a resource that is gone renders as unassigned, one to a resource still to come as it was given.
function* renderReference(
  { interned, tenant, baseUrl }: RenderContext,
  { resourceType }: ReferenceAttribute,
  id: string,
): Script<Json | undefined> {
  const kind = yield* findKind(interned, tenant, resourceType);
  if (kind === undefined) return { value: id };
  const target = yield* findDocument(kind, id);
  if (target) {
    const $ref = `${baseUrl}/${resourceTypeNamed(resourceType)?.endpoint ?? resourceType}/${id}`;
    return { value: id, $ref, ...(target.label === '' ? {} : { displayName: target.label }) };
  }
  const gone = yield* row<{ id: string }>('SELECT id FROM gone WHERE kind = ? AND id = ?', kind, id);
  return gone ? undefined : { value: id };
}

function* addMemberships(
  context: RenderContext,
  id: string,
  selection: Selection,
  resource: Record<string, Json>,
): Script<void> {
  const { type } = context;
  const members =
    type.members && isSelected(selection, type.members.attribute) ? type.members.attribute : undefined;
  const holders =
    type.membershipAttribute !== undefined && isSelected(selection, type.membershipAttribute)
      ? type.membershipAttribute
      : undefined;
  if (members === undefined && holders === undefined) return;
  const kind = yield* findKind(context.interned, context.tenant, type.name);
  if (kind === undefined) return;
  if (members !== undefined) {
    const found = yield* membersOf(kind, id);
    if (found.length > 0) resource[members] = found.map((member) => elementOf(context, member, member.type));
  }
  if (holders !== undefined) {
    const found = yield* holdersOf(kind, id);
    if (found.length > 0) {
      resource[holders] = found.map((holder) =>
        elementOf(context, holder, holder.isDirect ? 'direct' : 'indirect'),
      );
    }
  }
}

function elementOf(
  { baseUrl }: RenderContext,
  { id, label, type }: { readonly id: string; readonly label: string; readonly type: string },
  elementType: string,
): JsonObject {
  const endpoint = resourceTypeNamed(type)?.endpoint ?? type;
  return {
    value: id,
    $ref: `${baseUrl}/${endpoint}/${id}`,
    ...(label === '' ? {} : { display: label }),
    type: elementType,
  };
}
