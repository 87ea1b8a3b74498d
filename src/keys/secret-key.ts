// The one key that wraps all others: from the environment, or from a file made at the very first start.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SecretKeyError } from './errors.js';
import { fingerprintOf } from './key-wrapping.js';

const FILE = 'secret.key';
const SECRET_KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

export interface SecretKeySource {
  /** Where `secret.key` lives; undefined when nothing is kept, and a key lasts as long as the process. */
  readonly dataDir: string | undefined;
  /** Value of the variable SECRET_KEY: 32 bytes in base64. It goes before the file. */
  readonly fromEnvironment?: string | undefined;
  /** A key is generated only for an empty log. */
  readonly logIsEmpty: boolean;
  /** Fingerprint of the key that the log was written with, where it is known. */
  readonly expectedFingerprint?: string | undefined;
}

/**
 * The 32 bytes of the secret key. Generates `DATA_DIR/secret.key` (mode 0600) for an empty log.
 *
 * @throws SecretKeyError when the key is malformed, or missing or another one for a log that is not empty
 */
export function loadSecretKey(source: SecretKeySource): Buffer {
  const key = findSecretKey(source) ?? generate(source);
  const { expectedFingerprint } = source;
  if (expectedFingerprint !== undefined && fingerprintOf(key) !== expectedFingerprint) {
    throw new SecretKeyError(
      `${origin(source)} is not the secret key that the event log was written with ` +
        `(fingerprint ${expectedFingerprint.slice(0, 16)}…). Put that key back.`,
    );
  }
  return key;
}

/** The secret key that is there; undefined when there is none. @throws SecretKeyError when it cannot be read */
export function findSecretKey(
  source: Pick<SecretKeySource, 'dataDir' | 'fromEnvironment'>,
): Buffer | undefined {
  return fromEnvironment(source) ?? fromFile(source);
}

/** Keeps a secret key in a data directory that has none. */
export function keepSecretKey(dataDir: string, key: Buffer): void {
  write(join(dataDir, FILE), dataDir, `${key.toString('base64')}\n`);
}

function fromEnvironment({
  fromEnvironment: text,
}: Pick<SecretKeySource, 'fromEnvironment'>): Buffer | undefined {
  return text === undefined ? undefined : decode(text, 'SECRET_KEY');
}

function fromFile({ dataDir }: Pick<SecretKeySource, 'dataDir'>): Buffer | undefined {
  if (dataDir === undefined) return undefined;
  const path = join(dataDir, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return decode(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof SecretKeyError) throw error;
    throw new SecretKeyError(`${path} cannot be read. Make it readable to this user, or set SECRET_KEY.`, {
      cause: error,
    });
  }
}

function generate({ dataDir, logIsEmpty }: SecretKeySource): Buffer {
  const key = randomBytes(SECRET_KEY_BYTES);
  if (dataDir === undefined) return key;
  const path = join(dataDir, FILE);
  if (!logIsEmpty) {
    throw new SecretKeyError(
      `${path} is missing and SECRET_KEY is not set, but the event log is not empty. ` +
        'Restore the file from a backup, or set SECRET_KEY to the key it held.',
    );
  }
  keepSecretKey(dataDir, key);
  return key;
}

// on the disk before anything is sealed with it
function write(path: string, directory: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const parent = openSync(directory, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}

function decode(text: string, name: string): Buffer {
  const trimmed = text.trim();
  if (!BASE64.test(trimmed)) {
    throw new SecretKeyError(`${name} is not a secret key. Accepted: 32 bytes in base64 (44 characters).`);
  }
  return Buffer.from(trimmed, 'base64');
}

function origin({ fromEnvironment: text, dataDir }: SecretKeySource): string {
  return text !== undefined || dataDir === undefined ? 'SECRET_KEY' : join(dataDir, FILE);
}
