const DER_SEQUENCE = 0x30;

/**
 * RFC 7643 §4.1.2: one value of x509Certificates holds one DER certificate.
 *
 * @returns what would be accepted, or undefined when the value is fine
 */
export function checkCertificate(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const length = derLength(bytes);
  return length !== undefined && length < bytes.length
    ? 'one DER certificate in base64; further certificates are further values'
    : undefined;
}

/** Length of the DER sequence at the start, or undefined where there is none. */
function derLength(bytes: Buffer): number | undefined {
  const first = bytes[1];
  if (bytes[0] !== DER_SEQUENCE || first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || bytes.length < 2 + size) return undefined;
  return 2 + size + bytes.readUIntBE(2, size);
}
