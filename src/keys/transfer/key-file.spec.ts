import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { KeyFileRefused } from '../errors.js';
import type { AllKeys, UserKeyRecord } from './all-keys.js';
import { keyFileLines, openKeyFileLines } from './key-file.js';

// Guesses are cheap here: what is tested does not depend on their cost.
const CHEAP = { N: 1024, r: 8, p: 1 };
const PASSPHRASE = 'Grüße aus Köln 17';
const userKeys: readonly UserKeyRecord[] = [
  { keyId: 1, key: randomBytes(32) },
  { keyId: 2, key: undefined, destroyedAt: '2026-11-21T12:00:00.000Z' },
  { keyId: 7, key: randomBytes(32) },
];
const secretKey = randomBytes(32);
const tenantKeys = [{ tenant: 'acme', key: randomBytes(32) }];

let lines: readonly string[];

beforeAll(async () => {
  lines = [];
  for await (const line of keyFileLines({ secretKey, tenantKeys, userKeys: pages() }, PASSPHRASE, CHEAP)) {
    lines = [...lines, line];
  }
});

async function* pages(): AsyncGenerator<readonly UserKeyRecord[]> {
  yield userKeys.slice(0, 2);
  yield userKeys.slice(2);
}

async function* given(texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text.trimEnd());
}

const open = (texts: readonly string[], passphrase = PASSPHRASE): Promise<AllKeys> =>
  openKeyFileLines(given(texts), async () => passphrase);

async function readAll(texts: readonly string[]): Promise<readonly UserKeyRecord[]> {
  const records: UserKeyRecord[] = [];
  for await (const page of (await open(texts)).userKeys) records.push(...page);
  return records;
}

describe('a key file', () => {
  it('gives back every key, destroyed ones with the time', async () => {
    const opened = await open(lines);

    expect(opened.secretKey).toEqual(secretKey);
    expect(opened.tenantKeys).toEqual(tenantKeys);
    expect(await readAll(lines)).toEqual(userKeys);
  });

  it('says in clear how it is sealed and whose it is, and no key', () => {
    expect(JSON.parse(lines[0]!)).toEqual({
      format: 'scim-ledger-keys',
      version: 1,
      keyFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      cipher: 'aes-256-gcm',
      kdf: { name: 'scrypt', N: 1024, r: 8, p: 1, salt: expect.any(String) },
    });
    const all = lines.map((line) => Buffer.from(line, 'base64').toString('latin1') + line).join('');
    for (const key of [secretKey, tenantKeys[0]!.key, userKeys[0]!.key!]) {
      expect(all).not.toContain(key.toString('base64'));
      expect(all).not.toContain(key.toString('latin1'));
    }
  });

  it('opens with the same characters in other code points', async () => {
    expect((await open(lines, PASSPHRASE.normalize('NFD'))).secretKey).toEqual(secretKey);
  });

  it('does not open with another passphrase', async () => {
    await expect(open(lines, 'Gruesse aus Koeln 17')).rejects.toThrow('The passphrase is another one');
  });

  it('has a salt of its own each time', async () => {
    const other: string[] = [];
    for await (const line of keyFileLines({ secretKey, tenantKeys, userKeys: pages() }, PASSPHRASE, CHEAP)) {
      other.push(line);
    }

    expect(other[0]).not.toBe(lines[0]);
    expect(other[1]).not.toBe(lines[1]);
  });
});

describe('a key file is refused', () => {
  const head = (edit: (text: string) => string) => [edit(lines[0]!), ...lines.slice(1)];
  const flipped = (line: string) => (line.startsWith('A') ? 'B' : 'A') + line.slice(1);

  it.each<[string, () => readonly string[], RegExp]>([
    ['when its end is missing', () => lines.slice(0, -1), /cut off/],
    ['when all but its first line is missing', () => lines.slice(0, 1), /cut off/],
    ['when a line is missing', () => lines.toSpliced(2, 1), /was changed/],
    [
      'when lines stand in another order',
      () => [...lines.slice(0, 2), lines[3]!, lines[2]!, lines[4]!],
      /was changed/,
    ],
    ['when something follows its end', () => [...lines, lines[4]!], /was changed/],
    ['when a byte is another one', () => lines.with(2, flipped(lines[2]!)), /was changed/],
    [
      'when its first line says something else',
      () => head((t) => t.replace(/"keyFingerprint":"./, '$&0')),
      /was changed/,
    ],
    [
      'when it is of a newer version',
      () => head((t) => t.replace('"version":1', '"version":2')),
      /has version 2/,
    ],
    ['when it is none', () => ['{"format":"scim-ledger-log","version":1}'], /no key file/],
    ['when it is no JSON', () => ['nonsense'], /no key file/],
    ['when it is empty', () => [], /no key file/],
    [
      'when it asks for too much memory',
      () => head((t) => t.replace('1024', '1073741824')),
      /cannot be used/,
    ],
    ['when it asks for too much work', () => head((t) => t.replace('"p":1', '"p":4096')), /cannot be used/],
    ['when its cost is impossible', () => head((t) => t.replace('1024', '1023')), /cannot be used/],
  ])('%s', async (_, texts, message) => {
    const reading = readAll(texts());

    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(KeyFileRefused);
  });
});
