import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailable } from '../../read-model/postgres-errors.js';
import { refusalOf } from './refusal.js';

const serverError = (code: string) => Object.assign(new Error('as the server says it'), { code });

describe('a refusal at the start', () => {
  it.each([
    ['28P01', 'the password is not the right one'],
    ['28000', 'does not let this user in'],
    ['3D000', 'there is no such database'],
    ['42501', 'Grant it CREATE'],
  ])('names the setting and the cure for %s', (code, cure) => {
    const refusal = refusalOf(serverError(code));

    expect(refusal?.message).toMatch(/^READ_MODEL: /);
    expect(refusal?.message).toContain(cure);
    expect(refusal?.message).toContain('as the server says it');
  });

  it('says that a server is not known by its name', () => {
    const error = new DatabaseUnavailable('away', { cause: serverError('ENOTFOUND') });

    expect(refusalOf(error)?.message).toContain('no server of this name');
  });

  it.each([serverError('57P03'), new DatabaseUnavailable('away'), 'no error'])(
    'is not what may pass: %s',
    (error) => {
      expect(refusalOf(error)).toBeUndefined();
    },
  );
});
