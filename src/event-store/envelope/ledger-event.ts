// Events as the rest of the product sees them: before they are sealed, and after they are opened.
import type { JsonObject } from '../json.js';
import type { Position } from '../event-store.js';
import type { Actor, RequestInfo } from './command-context.js';

/** An event that was decided and is not written yet. */
export interface NewEvent {
  /** Literal event type, stored forever. */
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
  /**
   * Present on a personal event: `data` is then sealed under the user's key, and only this part of it stands in
   * the log in clear. May not have a member named `sealed`.
   */
  readonly clear?: JsonObject;
}

/** A type, not an interface: only that is assignable to JsonObject. */
export type EventMetadata = {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly tenant: string;
  readonly schemaVersion: number;
  readonly commandId: string;
  /** Place of the event among all events of its command, and how many those are. */
  readonly commandIndex: number;
  readonly commandSize: number;
  readonly actor: Actor;
  /** Without `ip` and `userAgent` once a personal event is erased. */
  readonly request?: RequestInfo;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
  readonly leniencies?: readonly string[];
  /** The user key of a personal event. */
  readonly keyId?: number;
  /** SHA-256 of the event's own key, hexadecimal: proves that a disclosed key is the right one. */
  readonly keyHash?: string;
  /** Hash of the stream's event before this one; empty for the first. */
  readonly prevHash: string;
  /** SHA-256 of this event, hexadecimal. */
  readonly hash: string;
};

/** An event of the log, opened and brought to the newest schema version of its type. */
export interface LedgerEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly type: string;
  /** Of an erased event only what stood in clear. */
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
  /** The key was destroyed: the personal part is gone for good. */
  readonly erased: boolean;
}
