import type { AttributeChange } from '../../resources/events.js';

/** A resource, tenant or token that an entry is about, named as it was called at the time. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly label: string;
}

/** A subject that a changed value names by its id, such as a manager. */
export interface Reference extends Subject {
  /** Path of the change whose value is the id. */
  readonly path: string;
}

export type Operation =
  | 'create'
  | 'update'
  | 'enable'
  | 'disable'
  | 'delete'
  | 'registerTenant'
  | 'issueToken'
  | 'revokeToken'
  | 'suppressRefusals'
  | 'other';

/** What one command did to one resource, or why it was refused. */
export interface AuditEntry {
  readonly id: string;
  /** Position of the command's first event on the resource. */
  readonly position: string;
  /** When it happened by the writer's clock; ISO 8601, UTC. */
  readonly time: string;
  /** The latest time of any entry of the tenant up to this one: never goes back along the log. */
  readonly effectiveTime: string;
  readonly tenant: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly label: string };
  readonly operation: Operation;
  readonly outcome: 'success' | 'refused';
  readonly resource: Subject;
  /** The entry as a person would tell it. */
  readonly sentence: string;
  readonly changes: readonly AttributeChange[];
  /** Who the changes name, before and after, as they were called at the time; whom the log does not know is left out. */
  readonly references?: readonly Reference[];
  readonly membersAdded?: readonly Subject[];
  readonly membersRemoved?: readonly Subject[];
  /** How many members went when all of them were removed. */
  readonly membersCleared?: number;
  /** What a deleted resource was a member of. */
  readonly groupsLeft?: readonly Subject[];
  readonly refusal?: {
    readonly status: number;
    readonly scimType?: string;
    readonly attribute?: string;
    /** HMACs of the unique values that were sent, by attribute. */
    readonly fingerprints: Readonly<Record<string, string>>;
  };
  readonly request?: {
    readonly id: string;
    readonly method: string;
    readonly path: string;
    readonly ip?: string;
    readonly userAgent?: string;
    readonly correlation?: Readonly<Record<string, string>>;
  };
  readonly correlationId: string;
  readonly commandId: string;
  readonly stream: string;
  /** Revision of the stream after the command. */
  readonly revision: number;
  readonly leniencies: readonly string[];
}
