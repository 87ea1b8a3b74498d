import type { MembersChange } from '../resources/decide.js';
import type { ResourceType } from '../resources/resource-type.js';
import type { CollectionDraft } from '../scim/patch/collection-draft.js';
import type { MemberDirectory } from './member-directory.js';
import { resolveMembers } from './members.js';

/**
 * What a draft of the members comes to, with the types of the new ones.
 * @throws ScimError `invalidValue` when a new member does not exist
 */
export async function membersChange(
  type: ResourceType,
  tenant: string,
  draft: CollectionDraft,
  sizeBefore: number,
  directory: MemberDirectory,
): Promise<MembersChange> {
  const { cleared, added, removed } = draft.delta();
  return {
    ...(cleared ? { cleared: { count: sizeBefore } } : {}),
    added: await resolveMembers(type, tenant, added, directory),
    removed: cleared ? [] : removed,
  };
}
