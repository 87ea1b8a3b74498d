import { describe, expect, it } from '@jest/globals';
import { checkCertificate } from './certificate.js';

const der = (...bytes: readonly number[]): string => Buffer.from(bytes).toString('base64');

describe('a certificate', () => {
  it.each([
    ['one short sequence', der(0x30, 0x02, 0x05, 0x00)],
    ['one sequence whose length takes two bytes', der(0x30, 0x82, 0x00, 0x02, 0x05, 0x00)],
    ['a sequence that is cut off', der(0x30, 0x10, 0x05)],
    ['text that is no DER', der(0x41, 0x42)],
    ['nothing', ''],
    ['a length of no bytes', der(0x30, 0x80, 0x00)],
    ['a length of more bytes than there are', der(0x30, 0x84, 0x01)],
    ['a length of too many bytes', der(0x30, 0x85, 0, 0, 0, 0, 0, 0)],
  ])('may be %s', (_, base64) => {
    expect(checkCertificate(base64)).toBeUndefined();
  });

  it('is one: several in one value are refused', () => {
    const one = [0x30, 0x02, 0x05, 0x00];

    expect(checkCertificate(der(...one, ...one))).toContain('one DER certificate');
  });
});
