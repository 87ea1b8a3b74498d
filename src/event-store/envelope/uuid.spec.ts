import { describe, expect, it } from '@jest/globals';
import { uuidV5 } from './uuid.js';

describe('UUID version 5', () => {
  it('gives the example of RFC 9562 §A.4', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

    expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });
});
