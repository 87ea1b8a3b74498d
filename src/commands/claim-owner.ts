// What became of the resource that a claim names: where claim and change are two appends, there is a time between them.
import type { EventLog, StreamWrite } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import { evolve, type ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import type { Claim, Claims, Holder } from './claims.js';

export type ClaimOwner =
  /** It has the value. */
  | { readonly type: 'holds' }
  /** It is deleted, has left the value behind, or can never be created: nobody relies on the claim any more. */
  | { readonly type: 'gone' }
  /** Its command may still be on the way, until the fence stands in its stream. */
  | { readonly type: 'pending'; readonly fence: StreamWrite };

/** Must be asked after the claim was read: only then a fence keeps out whoever relies on that claim. */
export async function ownerOf(
  log: EventLog,
  claims: Claims,
  { tenant, type, claim }: { readonly tenant: string; readonly type: ResourceType; readonly claim: Claim },
  holder: Holder,
): Promise<ClaimOwner> {
  const stream = streamName(tenant, type.category, holder.ownerId);
  let [state, tipHash, isFollowed]: [ResourceState | undefined, string, boolean] = [undefined, '', false];
  for await (const event of log.read(stream)) {
    state = evolve(type, state, { ...event, occurredAt: event.metadata.occurredAt });
    tipHash = event.metadata.hash;
    isFollowed ||= event.metadata.commandId === holder.commandId;
  }
  if (state?.isDeleted) return { type: 'gone' };
  const held = state ? claims.of(tenant, type, state.attributes) : [];
  if (held.some((other) => other.stream === claim.stream)) return { type: 'holds' };
  // The command that took the value has done its change, and a later one has left the value.
  if (isFollowed) return { type: 'gone' };
  const revision = state?.revision ?? -1;
  return { type: 'pending', fence: { stream, revision, tipHash, events: [fence(claim, holder, revision)] } };
}

// At the revision that the command on the way expects: from then on it finds a conflict.
function fence({ kind }: Claim, { ownerId }: Holder, revision: number): StreamWrite['events'][number] {
  const data = { kind, ownerId };
  return revision < 0
    ? { type: 'ProvisioningAbandoned', schemaVersion: 1, data }
    : { type: 'ClaimAbandoned', schemaVersion: 1, data };
}
