import { hash } from 'node:crypto';

/** RFC 9562 §5.5: the UUID that a name has in a namespace, always the same. */
export function uuidV5(namespace: string, name: string): string {
  const input = Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name)]);
  const digest = hash('sha1', input, 'hex');
  // version 5 in the 13th digit, variant 10xx in the 17th
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return (
    `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}` +
    `-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
  );
}
