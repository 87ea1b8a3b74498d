import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const A_DAY_MS = 24 * 60 * 60 * 1000;
const WARNED_DAYS = 30;

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
  return new Date(Date.now() + days * A_DAY_MS).toISOString();
}

/**
 * How soon a token expires, when operators should know.
 * @param expiresAt ISO 8601; null for a token that does not expire
 * @returns days, the one that has begun included: 1 to 30; undefined when it is further away, or over
 */
export function daysToExpiry(expiresAt: string | null): number | undefined {
  if (expiresAt === null) return undefined;
  const days = Math.ceil((Date.parse(expiresAt) - Date.now()) / A_DAY_MS);
  return days >= 1 && days <= WARNED_DAYS ? days : undefined;
}
