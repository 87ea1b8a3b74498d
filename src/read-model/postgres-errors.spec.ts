import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailable, isPassing, stateOf, toUnavailable } from './postgres-errors.js';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('a failure of PostgreSQL', () => {
  it.each(['08006', '40P01', '53300', '55P03', '57P01', '58030', '25006', 'ECONNREFUSED', 'ECONNRESET'])(
    'passes by itself: %s',
    (code) => {
      expect(isPassing(withCode(code))).toBe(true);
      expect(toUnavailable(withCode(code))).toBeInstanceOf(DatabaseUnavailable);
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout exceeded when trying to connect',
  ])('passes when the client says: %s', (message) => {
    expect(isPassing(new Error(message))).toBe(true);
  });

  it.each(['23502', '23505', '42601', '42P01', '22021'])('is wrong for good: %s', (code) => {
    const error = withCode(code);

    expect(isPassing(error)).toBe(false);
    expect(toUnavailable(error)).toBe(error);
  });

  it('is told apart from errors of ours', () => {
    expect(isPassing(new Error('a bug'))).toBe(false);
    expect(isPassing('no error')).toBe(false);
    expect(stateOf(withCode('23505'))).toBe('23505');
    expect(stateOf(withCode('ECONNRESET'))).toBeUndefined();
    expect(stateOf(undefined)).toBeUndefined();
  });
});
