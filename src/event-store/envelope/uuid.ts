import { hash, randomUUID } from 'node:crypto';

const NAMESPACE_BYTES = 16;

/** RFC 9562 §5.5: the UUID that a name has in a namespace, always the same. */
export function uuidV5(namespace: string, name: string): string {
  const input = Buffer.allocUnsafe(NAMESPACE_BYTES + Buffer.byteLength(name));
  input.write(namespace.replaceAll('-', ''), 'hex');
  input.write(name, NAMESPACE_BYTES);
  const digest = hash('sha1', input, 'hex');
  // version 5 in the 13th digit, variant 10xx in the 17th
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return (
    `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}` +
    `-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  );
}

const UNIX_MS_DIGITS = 12;

/** RFC 9562 §5.7: a new UUID that sorts by the time it was made, so that indexes grow at their end. */
export function uuidV7(): string {
  const time = Date.now().toString(16).padStart(UNIX_MS_DIGITS, '0');
  const random = randomUUID();
  // randomUUID has a 4 for the version at the 15th character and the variant at the 20th
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
