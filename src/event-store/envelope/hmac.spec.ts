import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hmacSha256 } from './hmac.js';

describe('HMAC-SHA256', () => {
  it.each([0, 1, 32, 64])('is what Node computes, with a key of %d bytes', (length) => {
    const key = randomBytes(length);

    for (const text of ['', 'ada@example.com', 'ü€😀', 'x'.repeat(10_000)]) {
      expect(hmacSha256(key, text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
    }
  });

  it('takes no key that is longer than a block', () => {
    expect(() => hmacSha256(randomBytes(65), '')).toThrow(RangeError);
  });
});
