import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SecretKeyError } from './errors.js';
import { fingerprintOf } from './key-wrapping.js';
import { loadSecretKey } from './secret-key.js';

describe('secret key', () => {
  let dataDir: string;
  const path = () => join(dataDir, 'secret.key');

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'secret-'));
  });

  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('is generated for an empty log, for its owner only, and found again', () => {
    const key = loadSecretKey({ dataDir, logIsEmpty: true });

    expect(key).toHaveLength(32);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readFileSync(path(), 'utf8')).toBe(`${key.toString('base64')}\n`);
    expect(loadSecretKey({ dataDir, logIsEmpty: true })).toEqual(key);
    expect(loadSecretKey({ dataDir, logIsEmpty: false })).toEqual(key);
  });

  it('is never generated for a log that is not empty', () => {
    const source = { dataDir, logIsEmpty: false };

    expect(() => loadSecretKey(source)).toThrow(SecretKeyError);
    expect(() => loadSecretKey(source)).toThrow(`${path()} is missing and SECRET_KEY is not set`);
    expect(existsSync(path())).toBe(false);
  });

  it('comes from the environment before the file', () => {
    loadSecretKey({ dataDir, logIsEmpty: true });
    const key = randomBytes(32);

    expect(loadSecretKey({ dataDir, fromEnvironment: key.toString('base64'), logIsEmpty: false })).toEqual(
      key,
    );
  });

  it.each(['', 'x', randomBytes(16).toString('base64'), randomBytes(32).toString('hex')])(
    'is refused when malformed: %p',
    (text) => {
      writeFileSync(path(), text);

      expect(() => loadSecretKey({ dataDir, logIsEmpty: true })).toThrow(`${path()} is not a secret key`);
      expect(() => loadSecretKey({ dataDir, fromEnvironment: text, logIsEmpty: true })).toThrow(
        'SECRET_KEY is not a secret key. Accepted: 32 bytes in base64',
      );
    },
  );

  it('must be the one that the log was written with', () => {
    const key = loadSecretKey({ dataDir, logIsEmpty: true });
    const source = { dataDir, logIsEmpty: false };

    expect(loadSecretKey({ ...source, expectedFingerprint: fingerprintOf(key) })).toEqual(key);
    const expectedFingerprint = fingerprintOf(randomBytes(32));
    expect(() => loadSecretKey({ ...source, expectedFingerprint })).toThrow(
      `${path()} is not the secret key`,
    );
    const fromEnvironment = randomBytes(32).toString('base64');
    expect(() => loadSecretKey({ ...source, fromEnvironment, expectedFingerprint })).toThrow(
      'SECRET_KEY is not',
    );
  });

  it('that cannot be read is an error with a cure', () => {
    mkdirSync(path());

    expect(() => loadSecretKey({ dataDir, logIsEmpty: true })).toThrow('cannot be read');
  });

  it('lasts as long as the process where nothing is kept', () => {
    const source = { dataDir: undefined, logIsEmpty: true };

    expect(loadSecretKey(source)).toHaveLength(32);
    expect(loadSecretKey(source)).not.toEqual(loadSecretKey(source));
  });
});
