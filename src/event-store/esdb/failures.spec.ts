import { describe, expect, it } from '@jest/globals';
import { UnavailableError, UnknownError } from '@eventstore/db-client';
import { StoreUnavailable } from '../errors.js';
import { CallEnded, failureOf, LeaderMoved, messageOf, readError } from './failures.js';

const coded = (code: number | string, message = 'said the server') =>
  Object.assign(new Error(message), { code, metadata: { getMap: () => ({}) }, details: message });

describe('failureOf', () => {
  it.each([
    [
      'notSent',
      new UnavailableError(coded(14, 'No connection established. Last error: ECONNREFUSED') as never),
    ],
    ['notSent', new Error('Failed to discover after 10 attempts.')],
    ['unknown', new UnavailableError(coded(14, 'Connection dropped') as never)],
    ['unknown', new UnknownError(coded(2) as never)],
    ['unknown', coded(1)],
    ['unknown', coded('ERR_STREAM_PREMATURE_CLOSE')],
    ['unknown', new CallEnded()],
    ['notLeader', new LeaderMoved()],
    ['denied', coded(7)],
    ['denied', coded(16)],
    ['fault', new RangeError('is not a position of this log')],
    ['fault', coded('ERR_INVALID_ARG_TYPE')],
    ['fault', 'no error at all'],
  ] as const)('takes for %s what it was: %s', (failure, error) => {
    expect(failureOf(error)).toBe(failure);
  });
});

describe('readError', () => {
  it('keeps the cause', () => {
    const cause = coded(14);

    expect(readError(cause)).toMatchObject({ name: 'StoreUnavailable', cause });
  });

  it('leaves alone what is no failure of the store', () => {
    const fault = new TypeError('is not JSON');
    const known = new StoreUnavailable('closed');

    expect(readError(fault)).toBe(fault);
    expect(readError(known)).toBe(known);
  });
});

describe('messageOf', () => {
  it('reads whatever was thrown', () => {
    expect([new Error('one'), 'two'].map(messageOf)).toEqual(['one', 'two']);
  });
});
