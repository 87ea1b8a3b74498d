import { hash } from 'node:crypto';

// RFC 2104: the key, filled up to SHA-256's block, is mixed with 0x36 for the inner hash and with 0x5c for the outer one.
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;
const inner = Buffer.alloc(BLOCK_BYTES);
const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);

/**
 * HMAC-SHA256 as `createHmac` has it, hexadecimal. Two one-shot hashes are several times cheaper: each Hmac is an object
 * outside JavaScript's heap that has to be collected.
 * @param key at most 64 bytes
 */
export function hmacSha256(key: Buffer, text: string): string {
  if (key.length > BLOCK_BYTES) throw new RangeError(`An HMAC key has at most ${BLOCK_BYTES} bytes here`);
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = key[index] ?? 0;
    inner[index] = byte ^ INNER;
    outer[index] = byte ^ OUTER;
  }
  const innerHash = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'hex');
  outer.write(innerHash, BLOCK_BYTES, 'hex');
  return hash('sha256', outer, 'hex');
}
