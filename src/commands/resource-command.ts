import type { CommandContext } from '../event-store/envelope/command-context.js';
import type { ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import type { LeniencySet, LeniencyUse } from '../scim/leniency.js';

/** What every command on a resource carries. */
export interface ResourceCommandContext {
  /** Who, when, why; goes into the metadata of every event. */
  readonly context: CommandContext;
  readonly type: ResourceType;
  /** What the tenant's profile lets pass. */
  readonly leniencies: LeniencySet;
}

/** A command at work: what it has needed of the leniencies goes into its events. */
export interface ResourceWrite {
  readonly context: CommandContext;
  readonly type: ResourceType;
  readonly leniencies: LeniencyUse;
}

/** What a command on a resource answers: the state decided, whether or not anything changed. */
export interface ResourceResult {
  readonly id: string;
  readonly state: ResourceState;
}

/** Versions a client requires the resource to have (`If-Match`): revisions, or `*` for any. */
export type RequiredVersion = '*' | readonly number[];
