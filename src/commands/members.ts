import type { Json } from '../scim/json.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import type { Member, ResourceAttributes, ResourceType } from '../resources/resource-type.js';
import type { MemberDirectory } from './member-directory.js';

/** Splits a body's members from the attributes that are stored with the resource. */
export function splitMembers(
  type: ResourceType,
  attributes: ResourceAttributes,
): { readonly attributes: ResourceAttributes; readonly members: readonly { readonly value: string }[] } {
  if (!type.members) return { attributes, members: [] };
  const { [type.members.attribute]: members, ...others } = attributes;
  return { attributes: others, members: elementsOf(type.members.attribute, members) };
}

function elementsOf(attribute: string, members: Json | undefined): readonly { readonly value: string }[] {
  if (!Array.isArray(members)) return [];
  return members.map((member: Json) => {
    const value =
      typeof member === 'object' && member !== null && 'value' in member ? member['value'] : undefined;
    if (typeof value !== 'string')
      throw scimErrors.invalidValue(`${attribute}.value`, 'the id of a resource');
    return { value };
  });
}

/** The resource that has the members. */
export interface Holder {
  readonly type: ResourceType;
  readonly tenant: string;
  readonly id: string;
}

/**
 * The members with their resource types.
 * @throws ScimError `invalidValue` when one does not exist in the tenant (DEC RES-08), or is the holder itself
 */
export async function resolveMembers(
  { type, tenant, id }: Holder,
  members: readonly { readonly value: string }[],
  directory: MemberDirectory,
): Promise<readonly Member[]> {
  if (!type.members || members.length === 0) return [];
  const path = `${type.members.attribute}.value`;
  const ids = [...new Set(members.map(({ value }) => value))];
  if (ids.includes(id)) {
    throw scimErrors.invalidValue(
      path,
      `the id of another resource; a ${type.name} cannot be its own member`,
    );
  }
  const types = await directory.typesOf(tenant, type.members.resourceTypes, ids);
  return ids.map((value) => {
    const memberType = types.get(value);
    if (memberType !== undefined) return { value, type: memberType };
    const expected = `the id of an existing ${type.members?.resourceTypes.join(' or ') ?? 'resource'}`;
    throw scimErrors.invalidValue(path, `${expected}; '${value}' is none`);
  });
}
