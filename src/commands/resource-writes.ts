import type { CommandContext } from '../event-store/envelope/command-context.js';
import type { StreamWrite } from '../event-store/event-log.js';
import type { ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import type { Claim } from './claims.js';
import type { ResourceResult } from './resource-command.js';

/** What was decided for a resource: its own events, and the unique values that it takes and gives up with them. */
export interface PlannedWrite {
  readonly type: ResourceType;
  readonly id: string;
  readonly own: StreamWrite;
  /** Undefined for a resource that is new. */
  readonly before: ResourceState | undefined;
  readonly gained: readonly Claim[];
  readonly lost: readonly Claim[];
  readonly context: CommandContext;
}

/** How a decision that concerns several streams is written; there is a way for each kind of store. */
export abstract class ResourceWrites {
  /**
   * Writes what was decided. When it throws, the resource is not changed, unless it throws OutcomeUnknown.
   *
   * @throws ScimError 409 `uniqueness` when another resource holds a value that is gained; 413 and 503 where the store
   *   has such limits
   * @throws RevisionConflict when a stream was moved since it was loaded; OutcomeUnknown, StoreUnavailable
   */
  abstract commit(write: PlannedWrite): Promise<ResourceResult>;
}
