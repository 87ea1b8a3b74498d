import type { MembersChange } from '../resources/decide.js';
import type { CollectionDraft } from '../scim/patch/collection-draft.js';
import type { MemberSet } from './member-table.js';
import type { MemberDirectory } from './member-directory.js';
import { resolveMembers, type Holder } from './members.js';

/** A group of up to so many members is emptied member by member: its history then says who left. */
const TOLD_ONE_BY_ONE = 500;

/**
 * What a draft of the members comes to, with the types of the new ones.
 * @throws ScimError `invalidValue` when a new member does not exist, or is the holder itself
 */
export async function membersChange(
  holder: Holder,
  draft: CollectionDraft,
  before: MemberSet,
  directory: MemberDirectory,
): Promise<MembersChange> {
  const { cleared, added, removed } = draft.delta();
  const isTold = cleared && before.size <= TOLD_ONE_BY_ONE;
  const gone = isTold ? Array.from(before.values(), ({ value }) => value) : removed;
  return {
    ...(cleared && !isTold ? { cleared: { count: before.size } } : {}),
    added: await resolveMembers(holder, added, directory),
    removed: gone,
  };
}
