// Errors as the server sends them: a gRPC status with what the client reads in trailing metadata.
import { grpc } from './protocol.js';

function refusal(code, details, trailer) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(trailer)) metadata.set(name, String(value));
  return Object.assign(new Error(details), { code, details, metadata });
}

export function streamDeleted(name) {
  return refusal(grpc.status.FAILED_PRECONDITION, `Event stream '${name}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': name,
  });
}

export function wrongExpectedVersion(name, expected, current) {
  const actual = current === undefined ? {} : { 'actual-version': current };
  return refusal(grpc.status.FAILED_PRECONDITION, `Append failed due to WrongExpectedVersion.`, {
    exception: 'wrong-expected-version',
    'stream-name': name,
    'expected-version': typeof expected === 'number' ? expected : -1,
    ...actual,
  });
}

export function appendTooLarge(limit) {
  return refusal(grpc.status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': limit,
  });
}

function notLeader({ host, port }) {
  return refusal(grpc.status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': port,
  });
}

/** Why a call is refused before it is looked at; undefined when it is not. */
export function refusedCall(call, { authorization, faults }) {
  if (authorization !== undefined) {
    const [given] = call.metadata.get('authorization');
    if (given === undefined) {
      return refusal(grpc.status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
    }
    if (given !== authorization) return refusal(grpc.status.UNAUTHENTICATED, 'Unauthenticated', {});
  }
  const [requiresLeader] = call.metadata.get('requires-leader');
  return faults.leader !== undefined && requiresLeader === 'true' ? notLeader(faults.leader) : undefined;
}
