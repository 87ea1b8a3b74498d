import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

// The prefix lets secret scanners find a leaked token, the checksum lets them be sure of it.
const PREFIX = 'scl_';

/** A pasted token that expires puts Entra's job into quarantine: long, but not for ever (RFC 7644 §7.4). */
export const TOKEN_LIFETIME_DAYS = 365;

/** A new secret token: 256 random bits with a recognisable prefix and a checksum. */
export function newSecretToken(): string {
  const random = randomBytes(32).toString('base64url');
  const checksum = crc32(random).toString(36).padStart(7, '0');
  return `${PREFIX}${random}_${checksum}`;
}

/** What is stored of a token: its SHA-256 in hex. 256 random bits need no salt and no stretching. */
export function hashToken(secret: string): string {
  return hash('sha256', secret);
}

/** Compares two hashes without telling by the time taken where they differ. */
export function hashesMatch(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The ISO 8601 time so many days from now. */
export function expiryAfter(days: number): string {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
}
