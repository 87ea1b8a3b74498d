import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { expiryAfter, hashesMatch, hashToken, newSecretToken } from './secret-token.js';

describe('a new secret token', () => {
  it('has a prefix, 256 random bits and a checksum', () => {
    const [, random = '', checksum] = /^scl_([A-Za-z0-9_-]{43})_([0-9a-z]{7})$/.exec(newSecretToken()) ?? [];

    expect(Buffer.from(random, 'base64url')).toHaveLength(32);
    expect(parseInt(checksum ?? '', 36)).toBe(crc32(random));
  });

  it('is never the same', () => {
    const tokens = Array.from({ length: 1000 }, newSecretToken);

    expect(new Set(tokens).size).toBe(1000);
  });

  it('can be pasted into one header', () => {
    expect(newSecretToken()).toMatch(/^[\w-]{55}$/);
  });
});

describe('the hash of a token', () => {
  it('is SHA-256 in hexadecimal', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    ['equal ones', 'ab', 'ab', true],
    ['others of the same length', 'ab', 'ac', false],
    ['others of another length', 'ab', 'abc', false],
    ['nothing and something', '', 'a', false],
  ])('matches: %s', (_, a, b, expected) => {
    expect(hashesMatch(a, b)).toBe(expected);
  });
});

describe('an expiry', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is so many days from now', () => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 31, 12) });

    expect(expiryAfter(365)).toBe('2027-01-31T12:00:00.000Z');
  });
});
