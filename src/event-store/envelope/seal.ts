// The sealing of one personal event. Its key is HMAC-SHA256(user key, event id): whoever is given it can open this
// event and no other.
import { createCipheriv, createDecipheriv, createSecretKey, hash, randomFillSync } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Nonces drawn at once: one call to the system's generator costs as much as the sealing. */
const NONCES = Buffer.alloc(NONCE_BYTES * 512);

let nextNonce = NONCES.length;

// RFC 2104: the key, filled up to SHA-256's block, is mixed with 0x36 for the inner hash and with 0x5c for the outer one.
const BLOCK_BYTES = 64;
const innerPad = Buffer.alloc(BLOCK_BYTES, 0x36);
const outer = Buffer.alloc(BLOCK_BYTES + 32, 0x5c);

/**
 * HMAC-SHA256(user key, event id), as `createHmac` has it. Two one-shot hashes are several times cheaper: each Hmac is
 * an object outside JavaScript's heap that has to be collected.
 * @param userKey at most 64 bytes
 */
export function eventKey(userKey: Buffer, eventId: string): Buffer {
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = userKey[index] ?? 0;
    innerPad[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  const innerHash = hash('sha256', Buffer.concat([innerPad, Buffer.from(eventId)]), 'hex');
  outer.write(innerHash, BLOCK_BYTES, 'hex');
  return Buffer.from(hash('sha256', outer, 'hex'), 'hex');
}

/** SHA-256 of an event's key, hexadecimal, as it stands in the metadata. */
export function keyHashOf(key: Buffer): string {
  return hash('sha256', key, 'hex');
}

/** @returns base64 of nonce, ciphertext and tag */
export function seal(key: Buffer, text: string): string {
  const nonce = takeNonce();
  const cipher = createCipheriv(CIPHER, createSecretKey(key), nonce);
  const ciphertext = cipher.update(text, 'utf8');
  cipher.final();
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]).toString('base64');
}

/** @throws Error when the key is not the event's, or the text was altered */
export function unseal(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(CIPHER, createSecretKey(key), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  decipher.final();
  return text.toString('utf8');
}

function takeNonce(): Buffer {
  if (nextNonce === NONCES.length) {
    randomFillSync(NONCES);
    nextNonce = 0;
  }
  nextNonce += NONCE_BYTES;
  return NONCES.subarray(nextNonce - NONCE_BYTES, nextNonce);
}
