// The sealing of one personal event. Its key is HMAC-SHA256(user key, event id): whoever is given it can open this
// event and no other.
import { createCipheriv, createDecipheriv, createSecretKey, hash, randomFillSync } from 'node:crypto';
import { hmacSha256 } from './hmac.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Nonces drawn at once: one call to the system's generator costs as much as the sealing. */
const NONCES = Buffer.alloc(NONCE_BYTES * 512);

let nextNonce = NONCES.length;

/** HMAC-SHA256(user key, event id). */
export function eventKey(userKey: Buffer, eventId: string): Buffer {
  return Buffer.from(hmacSha256(userKey, eventId), 'hex');
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
