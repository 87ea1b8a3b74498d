import { describe, expect, it } from '@jest/globals';
import { StoreMisconfigured } from '../errors.js';
import { readConnectionString } from './connection-string.js';

describe('readConnectionString', () => {
  it.each([
    ['esdb://localhost:2113', undefined, true],
    ['esdb://localhost:2113?tls=false', undefined, false],
    ['esdb://localhost:2113/?TLS=false&connectionName=one', undefined, false],
    ['esdb+discover://admin:changeit@cluster.example?tls=true', 'changeit', true],
    [
      'esdb://admin:p%40ss%3Aword@a:2113,b:2113?tlsCAFile=/etc/ca.pem&tls_verify_cert=true',
      'p@ss:word',
      true,
    ],
  ])('reads %s', (text, password, isTls) => {
    const connection = readConnectionString(text);

    expect(connection).toMatchObject({ text, isTls });
    expect(connection.credentials?.password).toBe(password);
  });

  it.each([
    ['http://localhost:2113', /form esdb:/],
    ['esdb://', /form esdb:/],
    ['esdb://admin:se:cret@host', /form esdb:/],
    ['esdb://admin:%zz@host', /percent-encoded/],
    ['esdb://admin:secret@host?colour=red', /"colour".*tlsCAFile/],
    ['esdb://admin:secret@host?throwOnAppendFailure=false', /throwOnAppendFailure/],
    ['esdb://admin:secret@host?tlsVerifyCert=false', /tlsCAFile/],
  ])('refuses %s and says why, without user or password', (text, message) => {
    const read = () => readConnectionString(text);

    expect(read).toThrow(StoreMisconfigured);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/admin|cret/);
  });
});
