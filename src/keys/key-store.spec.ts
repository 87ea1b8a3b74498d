import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { KeyMissing, KeyStoreUnavailable, SecretKeyError } from './errors.js';
import { KeyStore, type KeyStoreOptions, openKeyStore } from './key-store.js';

const SECRET = randomBytes(32);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('key store', () => {
  let directory: string;
  let open: KeyStore[];
  const path = () => join(directory, 'keys.sqlite');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keys-'));
    open = [];
  });

  afterEach(() => {
    for (const keys of open) keys.close();
    rmSync(directory, { recursive: true });
  });

  const start = (options: Partial<KeyStoreOptions> = {}): KeyStore => {
    const keys = openKeyStore({ path: path(), secretKey: SECRET, poolSize: 16, ...options });
    open.push(keys);
    return keys;
  };

  /** What a process that was killed leaves behind: the files as they are, without a clean close. */
  const crashed = (): string => {
    const copy = mkdtempSync(join(directory, 'crash-'));
    const target = join(copy, 'keys.sqlite');
    const source = new Database(path());
    source.prepare('VACUUM INTO ?').run(target);
    source.close();
    return target;
  };

  const filesHold = (bytes: Buffer) =>
    readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes(bytes));

  const wrappedOf = (keyId: number): Buffer => {
    const database = new Database(path(), { readonly: true });
    const wrapped = database
      .prepare<unknown[], Buffer>('SELECT wrapped FROM user_keys WHERE id = ?')
      .pluck()
      .get(keyId);
    database.close();
    return wrapped!;
  };

  describe('user keys', () => {
    it('are 32 bytes, each its own, and found again after a restart', () => {
      const keys = start();
      const taken = Array.from({ length: 40 }, () => keys.takeUserKey());

      keys.close();
      const reopened = start();

      expect(new Set(taken.map(({ keyId }) => keyId)).size).toBe(40);
      expect(new Set(taken.map(({ key }) => key.toString('hex'))).size).toBe(40);
      for (const { keyId, key } of taken) {
        expect(key).toHaveLength(32);
        expect(keys.fingerprint).toBe(reopened.fingerprint);
        expect(reopened.userKey(keyId)).toEqual(key);
      }
    });

    it('are on the disk before they are handed out', () => {
      const keys = start();
      const taken = Array.from({ length: 20 }, () => keys.takeUserKey());

      const recovered = start({ path: crashed() });

      for (const { keyId, key } of taken) expect(recovered.userKey(keyId)).toEqual(key);
    });

    it('that were left in the pool are used after a clean close', () => {
      const keys = start();
      const first = keys.takeUserKey();
      keys.close();

      const next = start().takeUserKey();

      expect(next.keyId).toBe(first.keyId + 1);
      expect(next.key).toHaveLength(32);
    });

    it('that were left in the pool are never handed out after a crash', () => {
      const keys = start();
      keys.takeUserKey();

      const recovered = start({ path: crashed() });

      expect(recovered.takeUserKey().keyId).toBeGreaterThan(16);
    });

    it('that a clean close left are not handed out twice when the next process crashes', () => {
      start().close();
      const keys = start();
      const { keyId } = keys.takeUserKey();
      keys.close();
      const again = start();
      const next = again.takeUserKey();

      const recovered = start({ path: crashed() });

      expect(next.keyId).toBe(keyId + 1);
      expect(recovered.takeUserKey().keyId).toBeGreaterThan(16);
    });

    it('are made anew in the background when half of the pool is gone', async () => {
      const keys = start();
      for (let taken = 0; taken < 9; taken += 1) keys.takeUserKey();

      await nextTurn();

      const database = new Database(path(), { readonly: true });
      expect(database.prepare('SELECT count(*) FROM user_keys').pluck().get()).toBe(16 + 9);
      database.close();
    });

    it('that this store never had are an error, not an erased person', () => {
      expect(() => start().userKey(12_345)).toThrow(KeyMissing);
    });

    it('can be loaded ahead for a replay', () => {
      const keys = start();
      const taken = Array.from({ length: 5 }, () => keys.takeUserKey());
      keys.close();
      const reopened = start();

      reopened.prefetch([...taken.map(({ keyId }) => keyId), 1_000_000]);

      expect(taken.map(({ keyId }) => reopened.userKey(keyId))).toEqual(taken.map(({ key }) => key));
    });

    it('are nowhere in the files in clear', () => {
      const keys = start();
      const { key } = keys.takeUserKey();
      const tenantKey = keys.tenantKey('acme');

      expect(filesHold(key)).toBe(false);
      expect(filesHold(tenantKey)).toBe(false);
    });
  });

  describe('destroying a user key', () => {
    it('removes it for good, from memory and from every file', () => {
      const keys = start();
      const [victim, other] = [keys.takeUserKey(), keys.takeUserKey()];
      const wrapped = wrappedOf(victim.keyId);
      expect(filesHold(wrapped)).toBe(true);

      keys.destroyUserKey(victim.keyId);

      expect(keys.userKey(victim.keyId)).toBeUndefined();
      expect(keys.userKey(other.keyId)).toEqual(other.key);
      expect(filesHold(wrapped)).toBe(false);
      keys.close();
      expect(start().userKey(victim.keyId)).toBeUndefined();
    });

    it('may be repeated', () => {
      const keys = start();
      const { keyId } = keys.takeUserKey();

      keys.destroyUserKey(keyId);
      keys.destroyUserKey(keyId);

      expect(keys.userKey(keyId)).toBeUndefined();
    });

    it('never frees its id', () => {
      const keys = start({ poolSize: 1 });
      const { keyId } = keys.takeUserKey();
      keys.destroyUserKey(keyId);
      keys.close();

      expect(start({ poolSize: 1 }).takeUserKey().keyId).toBe(keyId + 1);
    });
  });

  describe('tenant keys', () => {
    it('are made at first use and stay', () => {
      const keys = start();
      const acme = keys.tenantKey('acme');

      expect(keys.tenantKey('acme')).toEqual(acme);
      expect(keys.tenantKey('globex')).not.toEqual(acme);
      keys.close();
      expect(start().tenantKey('acme')).toEqual(acme);
    });
  });

  describe('the secret key', () => {
    it('must be the one that the keys are wrapped with', () => {
      start().close();

      const wrong = () => start({ secretKey: randomBytes(32) });

      expect(wrong).toThrow(SecretKeyError);
      expect(wrong).toThrow('Set SECRET_KEY to that key');
    });

    it('can be changed: every key is kept, and the old secret opens nothing', () => {
      const keys = start();
      const taken = Array.from({ length: 20 }, () => keys.takeUserKey());
      keys.destroyUserKey(taken[3]!.keyId);
      const tenantKey = keys.tenantKey('acme');
      const wrapped = wrappedOf(taken[0]!.keyId);
      const newSecret = randomBytes(32);

      keys.rewrap(newSecret);

      const after = keys.takeUserKey();
      expect(filesHold(wrapped)).toBe(false);
      keys.close();
      expect(() => start()).toThrow(SecretKeyError);
      const reopened = start({ secretKey: newSecret });
      expect(reopened.tenantKey('acme')).toEqual(tenantKey);
      expect(reopened.userKey(taken[0]!.keyId)).toEqual(taken[0]!.key);
      expect(reopened.userKey(taken[3]!.keyId)).toBeUndefined();
      expect(reopened.userKey(after.keyId)).toEqual(after.key);
    });

    it('has 32 bytes', () => {
      expect(() => start({ secretKey: randomBytes(16) })).toThrow(RangeError);
    });
  });

  describe('files', () => {
    it('are readable by their owner only', () => {
      start().takeUserKey();

      for (const name of readdirSync(directory))
        expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    });

    it('must exist where the log is not empty', () => {
      expect(() => start({ mustExist: true })).toThrow(KeyStoreUnavailable);
      expect(readdirSync(directory)).toEqual([]);
    });

    it('that are no key store are refused', () => {
      const foreign = new Database(path());
      foreign.exec('CREATE TABLE t (a)');
      foreign.close();

      expect(() => start()).toThrow('not a key store');
    });
  });

  describe('a read-only connection', () => {
    it('reads keys, also those made later, and notices the wrong secret', () => {
      const keys = start();
      const before = keys.takeUserKey();
      const reader = KeyStore.openReadOnly({ path: path(), secretKey: SECRET });
      const later = Array.from({ length: 20 }, () => keys.takeUserKey()).at(-1)!;

      expect(reader.userKey(before.keyId)).toEqual(before.key);
      expect(reader.userKey(later.keyId)).toEqual(later.key);
      expect(reader.tenantKey('acme')).toBeUndefined();
      reader.close();
      expect(() => KeyStore.openReadOnly({ path: path(), secretKey: randomBytes(32) })).toThrow(
        SecretKeyError,
      );
    });
  });
});
