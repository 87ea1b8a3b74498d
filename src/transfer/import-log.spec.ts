import { hash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as textOfStream } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  configOf,
  namesOf,
  userStream,
  writeLedger,
  type WrittenLedger,
} from '../../test/support/carried-ledger.js';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { EventLog } from '../event-store/event-log.js';
import { acquireDataDirLock } from '../event-store/sqlite/data-dir-lock.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { openKeyStore } from '../keys/key-store.js';
import { loadSecretKey } from '../keys/secret-key.js';
import { OrderedAppends } from './append-in-order.js';
import { exportLog } from './export-log.js';
import { importLog } from './import-log.js';
import { openLogFile } from './log-file.js';

const EVENTS = 11;

let folder: string;
let source: WrittenLedger;
let file: string;
const at = (name: string) => join(folder, name);
const target = () => configOf(at('target'));
const KEY_FILES = ['secret.key', 'keys.sqlite'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  for (const name of ['source', 'target']) mkdirSync(at(name));
  source = await writeLedger(at('source'));
  file = at('log.ndjson');
  await exportLog(source.config, file);
  for (const name of KEY_FILES) cpSync(at(`source/${name}`), at(`target/${name}`));
});

afterEach(() => rmSync(folder, { recursive: true }));

const textOf = (path: string) => readFileSync(path, 'utf8');
const linesOf = (path: string) => textOf(path).split('\n').slice(0, -1);

/** Lines as a file whose last line is right for them: only the hash chains can tell. */
function writeAsExported(lines: readonly string[]): void {
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(file, `${text}{"events":${lines.length - 1},"sha256":"${hash('sha256', text, 'hex')}"}\n`);
}

describe('an exported log', () => {
  it('is a line of format, version and key, one for each event in their order, and one that counts', () => {
    const [head, ...rest] = linesOf(file).map((line) => JSON.parse(line));
    const last = rest.pop();

    expect(head).toEqual({
      format: 'scim-ledger-log',
      version: 1,
      keyFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(rest.map(({ stream, revision }) => [stream, revision])).toEqual([
      ['scim._ledger.key-secret', 0],
      ...[0, 1].flatMap((revision) => [0, 1, 2, 3, 4].map((user) => [userStream(user), revision])),
    ]);
    expect(Object.keys(rest[0])).toEqual(['data', 'id', 'metadata', 'revision', 'stream', 'type']);
    const before = textOf(file).slice(0, textOf(file).lastIndexOf('{"events"'));
    expect(last).toEqual({ events: EVENTS, sha256: hash('sha256', before, 'hex') });
  });

  it('holds nothing in clear that the log has sealed', () => {
    expect(textOf(file)).not.toContain('Ada');
  });

  it('is its owner’s alone, and leaves no draft', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('is the same on a stream', async () => {
    const stream = new PassThrough();
    const read = textOfStream(stream);
    await exportLog(source.config, stream);
    stream.end();

    expect(await read).toBe(textOf(file));
  });

  it('is not begun where there is no ledger', async () => {
    await expect(exportLog(configOf(at('nowhere')), at('other'))).rejects.toThrow(
      'set DATA_DIR to that of the server',
    );
    expect(existsSync(at('other'))).toBe(false);
  });

  it('leaves nothing behind where it cannot be written', async () => {
    await expect(exportLog(source.config, at('missing/log'))).rejects.toThrow('log cannot be written in');
  });
});

describe('an import', () => {
  it('gives the same log, in the same order, that opens with the keys', async () => {
    const result = await importLog(target(), file);

    expect(result).toMatchObject({ events: EVENTS, alreadyThere: 0 });
    await exportLog(target(), at('again'));
    expect(textOf(at('again'))).toBe(textOf(file));
    const secretKey = loadSecretKey({ dataDir: at('target'), logIsEmpty: false });
    const keys = openKeyStore({ path: at('target/keys.sqlite'), secretKey });
    const store = new SqliteEventStore({ path: at('target/log.sqlite') });
    const { events } = await new EventLog(store, new EventCodec(keys)).load(userStream(3));
    await store.close();
    keys.close();
    const [before, after] = namesOf(3);
    expect(events[1]?.data).toEqual({ changes: [{ path: 'displayName', before, after }] });
  });

  it('goes on where an earlier one stopped', async () => {
    await importBeginning(4);

    expect(await importLog(target(), file)).toMatchObject({ events: EVENTS, alreadyThere: 4 });
    await exportLog(target(), at('again'));
    expect(textOf(at('again'))).toBe(textOf(file));
  });

  it('may be repeated', async () => {
    await importLog(target(), file);

    expect(await importLog(target(), file)).toMatchObject({ alreadyThere: EVENTS });
  });

  it('tells how far it has come', async () => {
    const told: unknown[] = [];

    await importLog(target(), file, (progress) => told.push(progress));

    expect(told).toHaveLength(2 * EVENTS);
    expect(told[0]).toEqual({ step: 'verified', events: 1 });
    expect(told.at(-1)).toEqual({ step: 'imported', events: EVENTS, total: EVENTS });
  });

  async function importBeginning(count: number): Promise<void> {
    const store = new SqliteEventStore({ path: at('target/log.sqlite') });
    const appends = new OrderedAppends(store, { appends: 2, events: 3, bytes: 1000 });
    let taken = 0;
    for await (const event of (await openLogFile(file)).events()) {
      if ((taken += 1) > count) break;
      await appends.add(event);
    }
    await appends.flush();
    await store.close();
  }
});

describe('an import that is refused', () => {
  const change = (index: number, edit: (line: string) => string) => {
    const lines = linesOf(file);
    lines[index] = edit(lines[index]!);
    return lines;
  };
  const write = (lines: readonly string[]) => writeFileSync(file, `${lines.join('\n')}\n`);
  const later = (line: string) => line.replace('12:00:00', '12:00:01');

  it.each<[string, () => void, string]>([
    ['cut in a line', () => writeFileSync(file, textOf(file).slice(0, -200)), 'is cut off'],
    ['cut between lines', () => write(linesOf(file).slice(0, 6)), 'is cut off'],
    ['with one byte changed', () => write(change(4, later)), 'hash chain of scim.acme.user-'],
    ['without one of its lines', () => write(linesOf(file).toSpliced(4, 1)), 'hash chain of'],
    [
      'with another number of events',
      () => write(change(12, (l) => l.replace('11', '12'))),
      'come to the SHA-256',
    ],
    ['that goes on after its end', () => write([...linesOf(file), '{}']), 'line 14 comes after the last'],
    ['changed, its SHA-256 with it', () => writeAsExported(change(4, later).slice(0, -1)), 'hash chain of'],
    ['without its newest event', () => write(linesOf(file).toSpliced(11, 1)), 'come to the SHA-256'],
    ['with a line that is no JSON', () => write(change(4, () => 'nonsense')), 'line 5 is no JSON'],
    [
      'with an event that is none',
      () => write(change(4, (l) => l.replace('"stream"', '"strem"'))),
      'line 5 is no event',
    ],
    ['with space in a line', () => write(change(4, (l) => l.replace(',', ', '))), 'not in canonical form'],
    [
      'of a newer version',
      () => write(change(0, (l) => l.replace('"version":1', '"version":2'))),
      'has version 2',
    ],
    ['of another format', () => write(['{"format":"other"}']), 'is no exported log'],
    ['that is empty', () => writeFileSync(file, ''), 'is no exported log'],
    ['that is not there', () => rmSync(file), 'cannot be read'],
  ])('because of a file %s leaves the target empty', async (_, spoil, message) => {
    spoil();

    await expect(importLog(target(), file)).rejects.toThrow(message);

    expect(existsSync(at('target/log.sqlite'))).toBe(false);
  });

  it('for a first line that names another key than the events: the chain covers those only', async () => {
    const other = await writeLedger(mkdtempSync(at('other-')));
    const { keyFingerprint } = JSON.parse(await firstLineOf(other));
    const own = JSON.parse(linesOf(file)[0]!).keyFingerprint;
    writeAsExported(change(0, (line) => line.replace(own, keyFingerprint)).slice(0, -1));
    for (const name of KEY_FILES) cpSync(join(other.config.dataDir, name), at(`target/${name}`));

    await expect(importLog(target(), file)).rejects.toThrow('names another secret key than its events');
  });

  it('for keys of another ledger', async () => {
    const other = await writeLedger(mkdtempSync(at('other-')));

    await expect(importLog(other.config, file)).rejects.toThrow(
      /another secret key .* than the one at hand .*keys import/,
    );
  });

  it('for a secret key that is not that of the keys', async () => {
    const config = configOf(at('target'), { SECRET_KEY: randomBytes(32).toString('base64') });

    await expect(importLog(config, file)).rejects.toThrow(/not the one that this data directory/);
  });

  it.each(KEY_FILES)('without %s', async (name) => {
    rmSync(at(`target/${name}`));

    await expect(importLog(target(), file)).rejects.toThrow(/keys import/);
    expect(existsSync(at('target/log.sqlite'))).toBe(false);
  });

  it('for keys that are older than the log', async () => {
    rmSync(at('target/keys.sqlite'));
    const secretKey = loadSecretKey({ dataDir: at('target'), logIsEmpty: false });
    const keys = openKeyStore({ path: at('target/keys.sqlite'), secretKey, poolSize: 2 });
    keys.takeUserKey();
    keys.close();

    await expect(importLog(target(), file)).rejects.toThrow('Export the keys after the log');
    expect(existsSync(at('target/log.sqlite'))).toBe(false);
  });

  it('for a store that holds another log, or more than the file', async () => {
    const before = textOf(file);
    await importLog(target(), file);
    const store = new SqliteEventStore({ path: at('target/log.sqlite') });
    const event = { id: '00000000-0000-4000-8000-000000000000', type: 'Other', data: {}, metadata: {} };
    await store.append('scim.acme.other-1', 'noStream', [event]);
    await store.close();
    await exportLog(target(), at('longer'));

    await expect(importLog(target(), file)).rejects.toThrow('is not empty');

    await exportLog(target(), at('after'));
    expect(textOf(at('after'))).toBe(textOf(at('longer')));
    expect(textOf(file)).toBe(before);
  });

  it('for a data directory that a server owns, and says which', async () => {
    const lock = acquireDataDirLock(at('target'));

    await expect(importLog(target(), file)).rejects.toThrow(`in use by process ${process.pid}`);

    lock.release();
  });

  it('for a store in memory', async () => {
    const config = configOf(at('target'), { EVENT_STORE: 'memory' });

    await expect(importLog(config, file)).rejects.toThrow(/EVENT_STORE: given 'memory'/);
  });

  async function firstLineOf({ config }: WrittenLedger): Promise<string> {
    await exportLog(config, at('other.ndjson'));
    return linesOf(at('other.ndjson'))[0]!;
  }
});
