import type { Json, JsonObject } from '../scim/json.js';

/** One attribute's change, by canonical path; an absent side means unassigned. */
export interface AttributeChange {
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** What a decision produces. `clear` is the part of a personal event that may stand in the log in clear. */
export interface ResourceEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
  readonly clear?: JsonObject;
}

/** What `evolve` needs of an event that happened. */
export interface HappenedEvent {
  readonly type: string;
  readonly data: JsonObject;
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
}

/**
 * Events that stand in a resource's stream to keep a command out that was given up by others; nothing of the resource
 * changes. After the first nothing can be created in that stream, after the second what was decided before it fails.
 */
export const PROVISIONING_ABANDONED = 'ProvisioningAbandoned';
export const CLAIM_ABANDONED = 'ClaimAbandoned';

export function isFence(eventType: string): boolean {
  return eventType === PROVISIONING_ABANDONED || eventType === CLAIM_ABANDONED;
}
