// All keys in one file, under a passphrase. A first line in clear says how the passphrase becomes a key (scrypt,
// RFC 7914); each further line is sealed with it (AES-256-GCM), bound to the first line and to its place by its nonce.
// The last one says how many keys there were: without it the file is cut.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  scrypt,
  type ScryptOptions,
} from 'node:crypto';
import { promisify } from 'node:util';
import { KeyFileRefused } from '../errors.js';
import { fingerprintOf } from '../key-wrapping.js';
import type { AllKeys, TenantKeyRecord, UserKeyRecord } from './all-keys.js';

const FORMAT = 'scim-ledger-keys';
const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What each guess at a passphrase costs, in the words of RFC 7914; `128 * N * r` is its memory in bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and about half a second. */
const COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
/** A file may not ask for more than this many bytes. */
const MOST_MEMORY_BYTES = 2 ** 30;
const MOST_PARALLEL = 16;

interface Head {
  readonly format: string;
  readonly version: number;
  /** Of the secret key inside, so that people can tell files apart. */
  readonly keyFingerprint: string;
  readonly cipher: string;
  readonly kdf: {
    readonly name: string;
    readonly N: number;
    readonly r: number;
    readonly p: number;
    readonly salt: string;
  };
}

interface Secrets {
  readonly secretKey: string;
  readonly tenantKeys: readonly (readonly [tenant: string, key: string])[];
}

type UserKeyEntry = readonly [keyId: number, key: string | null, destroyedAt?: string];

type Page = { readonly userKeys: readonly UserKeyEntry[] } | { readonly end: { readonly userKeys: number } };

/** The lines of a key file, each with its end. */
export async function* keyFileLines(keys: AllKeys, passphrase: string, cost = COST): AsyncGenerator<string> {
  const salt = randomBytes(SALT_BYTES);
  const kdf = { name: 'scrypt', ...cost, salt: salt.toString('base64') };
  const keyFingerprint = fingerprintOf(keys.secretKey);
  const head: Head = { format: FORMAT, version: VERSION, keyFingerprint, cipher: CIPHER, kdf };
  const headLine = JSON.stringify(head);
  const seal = sealer(await derive(passphrase, head), headLine);
  yield `${headLine}\n`;
  const secrets: Secrets = {
    secretKey: keys.secretKey.toString('base64'),
    tenantKeys: keys.tenantKeys.map(({ tenant, key }) => [tenant, key.toString('base64')]),
  };
  yield seal(secrets);
  let count = 0;
  for await (const page of keys.userKeys) {
    count += page.length;
    yield seal({ userKeys: page.map(entryOf) } satisfies Page);
  }
  yield seal({ end: { userKeys: count } } satisfies Page);
}

/**
 * Opens a key file. Its user keys are known to be all of them only when they were read to the end.
 *
 * @param lines without their ends
 * @param passphrase asked for when the file is known to be a key file
 * @throws KeyFileRefused when it is no key file, of a newer version, or does not open with the passphrase; also while
 *   its user keys are read, when it was cut or changed
 */
export async function openKeyFileLines(
  lines: AsyncIterable<Buffer>,
  passphrase: () => Promise<string>,
): Promise<AllKeys> {
  const source = lines[Symbol.asyncIterator]();
  const headLine = (await source.next()).value?.toString() ?? '';
  const head = readHead(headLine);
  const open = opener(await derive(await passphrase(), head), headLine);
  const second = await source.next();
  if (second.done) throw cut();
  const secrets = open(second.value) as Secrets | undefined;
  if (secrets === undefined)
    throw new KeyFileRefused('The passphrase is another one, or the key file was changed.');
  const secretKey = Buffer.from(secrets.secretKey, 'base64');
  const tenantKeys = secrets.tenantKeys.map(([tenant, key]): TenantKeyRecord => {
    return { tenant, key: Buffer.from(key, 'base64') };
  });
  return { secretKey, tenantKeys, userKeys: userKeysOf({ [Symbol.asyncIterator]: () => source }, open) };
}

async function* userKeysOf(
  lines: AsyncIterable<Buffer>,
  open: (line: Buffer) => unknown,
): AsyncGenerator<readonly UserKeyRecord[]> {
  let [count, isWhole] = [0, false];
  for await (const line of lines) {
    const page = isWhole ? undefined : (open(line) as Page | undefined);
    if (page === undefined)
      throw new KeyFileRefused('The key file was changed. Copy it again, or export again.');
    if ('end' in page) {
      isWhole = page.end.userKeys === count;
      continue;
    }
    count += page.userKeys.length;
    yield page.userKeys.map(recordOf);
  }
  if (!isWhole) throw cut();
}

function readHead(line: string): Head {
  const head = parsed(line);
  if (head.format !== FORMAT || typeof head.version !== 'number') {
    throw new KeyFileRefused('This is no key file. Give the file that `scim-ledger keys export` wrote.');
  }
  if (head.version > VERSION) {
    throw new KeyFileRefused(
      `The key file has version ${head.version} of the format; this program reads ${VERSION}. Use the program that exported it, or a newer one.`,
    );
  }
  const { name, N, r, p, salt } = head.kdf ?? {};
  const isUsable =
    name === 'scrypt' &&
    head.cipher === CIPHER &&
    typeof salt === 'string' &&
    isBounded(Number(N), Number(r), Number(p));
  if (!isUsable) throw new KeyFileRefused('The key file was changed: its first line cannot be used.');
  // Checked member by member.
  return head as Head;
}

function isBounded(N: number, r: number, p: number): boolean {
  return (
    [N, r, p].every((value) => Number.isInteger(value) && value > 0) &&
    128 * N * r <= MOST_MEMORY_BYTES &&
    p <= MOST_PARALLEL
  );
}

function parsed(line: string): Partial<Omit<Head, 'kdf'>> & { readonly kdf?: Partial<Head['kdf']> } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const scryptKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

async function derive(passphrase: string, { kdf: { N, r, p, salt } }: Head): Promise<KeyObject> {
  // Typed on another system, the same characters may come as other code points.
  const text = passphrase.normalize('NFKC');
  const options = { N, r, p, maxmem: 2 * 128 * N * r };
  try {
    return createSecretKey(await scryptKey(text, Buffer.from(salt, 'base64'), KEY_BYTES, options));
  } catch (error) {
    throw new KeyFileRefused('The key file was changed: its first line cannot be used.', { cause: error });
  }
}

// The key is this file's alone, since its salt is: a counter never repeats a nonce.
function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUIntBE(index, NONCE_BYTES - 6, 6);
  return nonce;
}

function sealer(key: KeyObject, headLine: string): (content: object) => string {
  let index = 0;
  return (content) => {
    const cipher = createCipheriv(CIPHER, key, nonceOf(index++));
    cipher.setAAD(Buffer.from(headLine));
    const text = cipher.update(JSON.stringify(content), 'utf8');
    return `${Buffer.concat([text, cipher.final(), cipher.getAuthTag()]).toString('base64')}\n`;
  };
}

// What opens was written by `keyFileLines`: its shape needs no further check.
function opener(key: KeyObject, headLine: string): (line: Buffer) => unknown {
  let index = 0;
  return (line: Buffer): unknown => {
    const bytes = Buffer.from(line.toString('latin1'), 'base64');
    if (bytes.length < TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, key, nonceOf(index++), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(headLine));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return JSON.parse(text.toString('utf8'));
  };
}

function entryOf({ keyId, key, destroyedAt }: UserKeyRecord): UserKeyEntry {
  if (key !== undefined) return [keyId, key.toString('base64')];
  return destroyedAt === undefined ? [keyId, null] : [keyId, null, destroyedAt];
}

function recordOf([keyId, key, destroyedAt]: UserKeyEntry): UserKeyRecord {
  return key === null ? { keyId, key: undefined, destroyedAt } : { keyId, key: Buffer.from(key, 'base64') };
}

function cut(): KeyFileRefused {
  return new KeyFileRefused('The key file is cut off: its end is missing. Copy it again, or export again.');
}
