// What an error of the client means for the call that met it.
import {
  AccessDeniedError,
  isCommandError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  UnavailableError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { StoreUnavailable, StreamDeleted } from '../errors.js';

export type Failure =
  /** No connection was made: the call did not reach a server. */
  | 'notSent'
  /** This node does not lead: nothing was done, and the client goes to the leader next. */
  | 'notLeader'
  /** Lost on the way or not answered: it may have been done. */
  | 'unknown'
  | 'conflict'
  | 'noStream'
  | 'deleted'
  | 'denied'
  | 'tooLarge'
  /** No failure of the store. */
  | 'fault';

/** A call was given up because this process learned that another node leads. */
export class LeaderMoved extends Error {
  override readonly name = 'LeaderMoved';
}

/** A call ended that should not have. */
export class CallEnded extends Error {
  override readonly name = 'CallEnded';
}

const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
const NOT_SENT = /No connection established|Name resolution failed|Failed to discover|No addresses resolved/;

const KINDS = [
  [WrongExpectedVersionError, 'conflict'],
  [StreamDeletedError, 'deleted'],
  [StreamNotFoundError, 'noStream'],
  [NotLeaderError, 'notLeader'],
  [LeaderMoved, 'notLeader'],
  [MaxAppendSizeExceededError, 'tooLarge'],
  [AccessDeniedError, 'denied'],
  [CallEnded, 'unknown'],
] as const;

export function failureOf(error: unknown): Failure {
  const [, kind] = KINDS.find(([type]) => error instanceof type) ?? [];
  if (kind !== undefined) return kind;
  if (!(error instanceof Error)) return 'fault';
  if (hasCode(error) && (error.code === PERMISSION_DENIED || error.code === UNAUTHENTICATED)) return 'denied';
  if (NOT_SENT.test(error.message) && (error instanceof UnavailableError || !isCommandError(error))) {
    return 'notSent';
  }
  return isCommandError(error) || isCutOff(error) ? 'unknown' : 'fault';
}

/** The error of the port for a read that failed. */
export function readError(error: unknown, stream?: string): unknown {
  switch (failureOf(error)) {
    case 'deleted':
      return new StreamDeleted(stream ?? (error instanceof StreamDeletedError ? error.streamName : ''), {
        cause: error,
      });
    case 'denied':
      return new StoreUnavailable('EventStoreDB refuses the credentials of the connection string', {
        cause: error,
      });
    case 'fault':
      return error;
    default:
      return new StoreUnavailable(`EventStoreDB does not answer: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether a server said that another one leads. */
export function tellsLeader(error: unknown): boolean {
  return error instanceof NotLeaderError;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// a stream that the client took down under a reader
function isCutOff(error: Error): boolean {
  return hasCode(error) && (typeof error.code === 'number' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}

function hasCode(error: Error): error is Error & { readonly code: unknown } {
  return 'code' in error;
}
