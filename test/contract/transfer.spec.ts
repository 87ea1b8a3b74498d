// A ledger is carried from files to EventStoreDB (its double) and PostgreSQL, and back.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Config } from '../../src/config/config.js';
import { openKeyStore } from '../../src/keys/key-store.js';
import { openPostgresKeys } from '../../src/keys/postgres-keys.js';
import { exportLog } from '../../src/transfer/export-log.js';
import { importLog } from '../../src/transfer/import-log.js';
import { openAllKeys } from '../../src/transfer/key-stores.js';
import { exportKeys, importKeys } from '../../src/transfer/key-transfer.js';
import { startApp, type App, type Reply } from '../support/app.js';
import { configOf, writeLedger, type WrittenLedger } from '../support/carried-ledger.js';
import { startEsdbDouble, type EsdbDouble } from '../support/esdb-double.js';
import { describeWithPostgres, newDatabase, type TestDatabase } from '../support/postgres.js';

const PASSPHRASE = 'correct horse battery';
const ADMIN_TOKEN = 'admin-token-admin-token-admin-token';
const passphrase = async (): Promise<string> => PASSPHRASE;

let folder: string;
let double: EsdbDouble;
let database: TestDatabase;

const at = (name: string): string => join(folder, name);
const textOf = (name: string): string => readFileSync(at(name), 'utf8');
const secretKeyOf = (dataDir: string): string => readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();

/** Settings of processes that share EventStoreDB and PostgreSQL. */
const onServers = (SECRET_KEY: string) => ({
  EVENT_STORE: double.connectionString,
  READ_MODEL: database.url,
  SECRET_KEY,
  ADMIN_TOKEN,
});

async function carry(from: Config, to: Config, name: string): Promise<void> {
  await exportLog(from, at(name));
  await exportKeys(from, at(`${name}.keys`), passphrase);
  await importKeys(to, at(`${name}.keys`), passphrase);
  await importLog(to, at(name));
}

async function fresh(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  double = await startEsdbDouble();
  database = await newDatabase();
}

async function gone(): Promise<void> {
  await database.drop();
  await double.stop();
  rmSync(folder, { recursive: true });
}

describeWithPostgres('a ledger that is carried to servers and back', () => {
  const SCIM_TOKEN = 'scim-token-scim-token-scim-token-1';
  const env = { SCIM_TOKEN, ADMIN_TOKEN };
  const ASKED = [
    '/Users?count=100',
    '/Groups?count=100',
    '/Users?filter=displayName sw "Ada"&sortBy=userName',
  ];
  let before: readonly unknown[];
  let after: readonly unknown[];
  let servers: App | undefined;
  let userId: string;

  beforeAll(async () => {
    await fresh();
    const embedded = await startApp({ stores: 'sqlite', dataDir: at('data'), env });
    userId = await populate(embedded);
    before = await answersOf(embedded);
    await embedded.stop();
    const shared = onServers(secretKeyOf(at('data')));
    await carry(configOf(at('data')), configOf(at('none'), shared), 'log');
    servers = await startApp({ env: { ...env, ...shared } });
    after = await answersOf(servers);
  });

  afterAll(async () => {
    await servers?.stop();
    await gone();
  });

  it('answers with the same users, groups and audit entries', () => {
    expect(before.flat()).not.toHaveLength(0);
    expect(after).toEqual(before);
  });

  it('goes on: a name that was taken stays taken, and a person can be changed', async () => {
    const taken = await servers!.request('POST', '/Users', user(1));
    const changed = await servers!.request('PATCH', `/Users/${userId}`, patch('title', 'Countess'));

    expect(taken.status).toBe(409);
    expect(changed).toMatchObject({ status: 200, body: { displayName: 'Ada 1', title: 'Countess' } });
  });

  it('comes back as the file that went, and from another folder as the same again', async () => {
    const shared = configOf(at('none'), onServers(secretKeyOf(at('data'))));
    const written = textOf('log').split('\n').slice(1, -2);

    await carry(shared, configOf(at('back')), 'log2');
    await exportLog(configOf(at('back')), at('log3'));

    const returned = textOf('log2').split('\n').slice(1, -2);
    expect(returned.slice(0, written.length)).toEqual(written);
    expect(textOf('log3')).toBe(textOf('log2'));
  });

  const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0';

  function user(number: number) {
    return {
      schemas: [`${SCHEMA}:User`],
      userName: `ada${number}@example.com`,
      displayName: `Ada ${number}`,
    };
  }

  function patch(path: string, value: unknown) {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
    return { schemas, Operations: [{ op: 'replace', path, value }] };
  }

  /** @returns the id of a user */
  async function populate(app: App): Promise<string> {
    const created: Reply[] = [];
    for (const number of [1, 2, 3, 4, 5]) created.push(await app.request('POST', '/Users', user(number)));
    const ids = created.map(({ body }) => body.id);
    await app.request('POST', '/Groups', {
      schemas: [`${SCHEMA}:Group`],
      displayName: 'Analysts',
      members: ids.slice(0, 3).map((value) => ({ value })),
    });
    await app.request('PATCH', `/Users/${ids[1]}`, patch('active', false));
    await app.request('DELETE', `/Users/${ids[2]}`);
    await app.request('PATCH', `/Users/${ids[3]}`, patch('userName', 'countess@example.com'));
    await app.request('POST', '/Users', user(1));
    return ids[0] ?? '';
  }

  async function answersOf(app: App): Promise<readonly unknown[]> {
    const scim = await Promise.all(
      ASKED.map(async (path) => (await app.request('GET', path)).body.Resources),
    );
    const audit = await app.admin('GET', '/audit?tenant=default&count=100');
    return [...scim, audit.body['entries']].map((answer) => comparable(app, answer));
  }

  // A position is the store's own, and a location the server's.
  function comparable({ url }: App, answer: unknown): unknown {
    return JSON.parse(JSON.stringify(answer).replaceAll(url, ''), (name, member: unknown) =>
      name === 'position' ? undefined : member,
    );
  }
});

describeWithPostgres('carrying to servers', () => {
  let source: WrittenLedger;
  let target: Config;

  beforeEach(async () => {
    await fresh();
    mkdirSync(at('data'));
    source = await writeLedger(at('data'), 20);
    target = configOf(at('none'), onServers(secretKeyOf(at('data'))));
    await exportLog(source.config, at('log'));
  });

  afterEach(gone);

  const carryKeys = async (): Promise<void> => {
    await exportKeys(source.config, at('keys'), passphrase);
    await importKeys(target, at('keys'), passphrase);
  };
  const backAgain = async (): Promise<string> => {
    await exportLog(target, at('back'));
    return textOf('back');
  };

  it('gives the same file byte for byte', async () => {
    await carryKeys();

    expect(await importLog(target, at('log'))).toMatchObject({ events: 41, alreadyThere: 0 });

    expect(await backAgain()).toBe(textOf('log'));
  });

  it('goes on after the server did not answer any more', async () => {
    await carryKeys();
    await double.fault('swallow', { count: 20, stored: true });
    await expect(importLog(target, at('log'))).rejects.toThrow('Run the same import again');
    await double.fault('heal');

    expect(await importLog(target, at('log'))).toMatchObject({ events: 41, alreadyThere: 1 });

    expect(await backAgain()).toBe(textOf('log'));
  });

  it('stops where somebody else writes', async () => {
    await carryKeys();
    await double.fault('wrong-revision', { count: 1 });

    await expect(importLog(target, at('log'))).rejects.toThrow(/Somebody else writes to EVENT_STORE/);
  });

  it('sends nothing of a file that was cut', async () => {
    await carryKeys();
    writeFileSync(at('log'), textOf('log').slice(0, -150));

    await expect(importLog(target, at('log'))).rejects.toThrow('is cut off');

    expect(await double.stats()).toMatchObject({ unaryAppends: 0, batchAppends: 0 });
  });

  it('sends nothing without keys, and names the command that brings them', async () => {
    await expect(importLog(target, at('log'))).rejects.toThrow(/has no keys .*scim-ledger keys import/);

    expect(await double.stats()).toMatchObject({ unaryAppends: 0, batchAppends: 0 });
  });

  it('sends nothing when an event is larger than the server takes', async () => {
    // Of many characters that sealing does not make shorter.
    const large = await writeLedger(newFolder('large'), 1, 'x'.repeat(1_000_000));
    await exportLog(large.config, at('log'));
    await exportKeys(large.config, at('keys'), passphrase);
    target = configOf(at('none'), onServers(secretKeyOf(at('large'))));
    await importKeys(target, at('keys'), passphrase);

    await expect(importLog(target, at('log'))).rejects.toThrow(/EVENT_STORE takes less than 1048576/);

    expect(await double.stats()).toMatchObject({ unaryAppends: 0, batchAppends: 0 });
  });

  it('says which setting is wrong when no server answers', async () => {
    const EVENT_STORE = 'esdb://127.0.0.1:1?tls=false';
    const config = configOf(at('none'), { ...onServers(secretKeyOf(at('data'))), EVENT_STORE });

    await expect(exportLog(config, at('other'))).rejects.toThrow(/^EVENT_STORE: /);
  });

  it('has nothing to export from an empty log', async () => {
    await expect(exportLog(target, at('other'))).rejects.toThrow('EVENT_STORE holds no ledger');
  });

  describe('its keys', () => {
    it('open what they opened, stay destroyed with their time, and go on counting after the last', async () => {
      const [destroyed = 0, kept = 0] = source.keyIds;
      const secretKey = Buffer.from(secretKeyOf(at('data')), 'base64');
      const files = openKeyStore({ path: at('data/keys.sqlite'), secretKey });
      files.destroyUserKey(destroyed);
      const [key, tenantKey] = [files.userKey(kept), files.tenantKey('acme')];
      files.close();

      await carryKeys();

      const keys = await openPostgresKeys({ connectionString: database.url, secretKey, mustExist: true });
      await keys.load([destroyed, kept]);
      const { keyId: next } = await keys.takeUserKey();
      expect(keys.userKey(kept)).toEqual(key);
      expect(keys.userKey(destroyed)).toBeUndefined();
      expect(await keys.tenantKey('acme')).toEqual(tenantKey);
      await keys.close();
      expect(next).toBeGreaterThan(Math.max(...source.keyIds));
      const time = await destroyedAt(source.config, destroyed);
      expect(time).toMatch(/^20.*Z$/);
      expect(await destroyedAt(target, destroyed)).toBe(time);
      await exportKeys(target, at('keys2'), passphrase);
      await importKeys(configOf(at('back')), at('keys2'), passphrase);
      expect(await destroyedAt(configOf(at('back')), destroyed)).toBe(time);
    });

    it('are not put where there are keys already', async () => {
      await carryKeys();

      await expect(importKeys(target, at('keys'), passphrase)).rejects.toThrow(/holds keys already/);
    });

    it.each([
      ['with another passphrase', 'wrong horse battery', /passphrase is another one/],
      ['from a file that was cut', PASSPHRASE, /cut off/],
    ])('are not put anywhere %s', async (_, word, message) => {
      await exportKeys(source.config, at('keys'), passphrase);
      const lines = textOf('keys').trimEnd().split('\n');
      if (word === PASSPHRASE) writeFileSync(at('keys'), `${lines.slice(0, -1).join('\n')}\n`);
      const into = [target, configOf(at('fresh'))];

      for (const config of into) {
        await expect(importKeys(config, at('keys'), async () => word)).rejects.toThrow(message);
      }

      // Nothing is in the way of the right ones.
      await exportKeys(source.config, at('keys'), passphrase);
      for (const config of into) {
        expect(await importKeys(config, at('keys'), passphrase)).toMatchObject({ tenantKeys: 1 });
      }
    });

    it('need the secret key that they were exported with', async () => {
      await exportKeys(source.config, at('keys'), passphrase);
      const other = Buffer.alloc(32, 7).toString('base64');

      for (const config of [
        configOf(at('none'), onServers(other)),
        configOf(at('fresh'), { SECRET_KEY: other }),
      ]) {
        await expect(importKeys(config, at('keys'), passphrase)).rejects.toThrow(
          /SECRET_KEY .* is not the secret key of the keys that are to come .* Set it to/,
        );
      }

      await importKeys(target, at('keys'), passphrase);
    });

    async function destroyedAt(config: Config, keyId: number): Promise<string | undefined> {
      const reader = await openAllKeys(config);
      let found: string | undefined;
      for await (const page of (await reader.read()).userKeys) {
        found ??= page.find((record) => record.keyId === keyId)?.destroyedAt;
      }
      await reader.close();
      return found;
    }
  });

  function newFolder(name: string): string {
    mkdirSync(at(name));
    return at(name);
  }
});

describe('keys in files', () => {
  it('are not put into a folder that has a ledger, or another secret key', async () => {
    folder = mkdtempSync(join(tmpdir(), 'transfer-'));
    for (const name of ['one', 'two', 'three']) mkdirSync(at(name));
    const one = await writeLedger(at('one'));
    await writeLedger(at('two'));
    await exportKeys(one.config, at('keys'), passphrase);
    writeFileSync(at('three/secret.key'), secretKeyOf(at('two')));

    await expect(importKeys(one.config, at('keys'), passphrase)).rejects.toThrow(/holds keys already/);
    for (const name of ['two', 'three']) {
      await expect(importKeys(configOf(at(name)), at('keys'), passphrase)).rejects.toThrow(
        /secret.key .* is not the secret key .* Set DATA_DIR to a folder without a ledger/,
      );
    }
    rmSync(folder, { recursive: true });
  });
});
