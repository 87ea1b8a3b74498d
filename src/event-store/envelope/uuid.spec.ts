import { describe, expect, it } from '@jest/globals';
import { uuidV5, uuidV7 } from './uuid.js';

describe('UUID version 5', () => {
  it('gives the example of RFC 9562 §A.4', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

    expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });
});

describe('UUID version 7', () => {
  it('says the time it was made, its version and its variant (RFC 9562 §5.7)', () => {
    const before = Date.now();
    const id = uuidV7();

    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, uuidV7)).size).toBe(1000);
  });
});
