// After a day of traffic: where secrets and personal values are, and where they are not.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  createGroup,
  createUser,
  ENTERPRISE,
  filtered,
  patch,
  references,
  userBody,
} from '../conformance/scim.js';
import { newDataDir, removeDataDir, startServer, type ServerProcess } from '../support/processes.js';

const PASSWORD = 'Pa55word-never-kept';
/** Values of people; in the log only under their seal. */
const PERSONAL = {
  userName: 'grace.hopper@navy.example.com',
  email: 'amazing.grace@home.example.com',
  familyName: 'Hopperiana',
  phone: '+1-202-555-0173',
  employeeNumber: 'EMP-7731-0042',
  renamed: 'grace.renamed@navy.example.com',
  title: 'Rear Admiral Lower Half',
  filterValue: 'looked.up@filter.example.com',
  sortedOut: 'refused.value@refusal.example.com',
  userAgent: 'PersonalAgent/1.0',
  misplaced: 'misplaced@path.example.com',
} as const;

const scimToken = randomBytes(32).toString('base64url');
const adminToken = randomBytes(32).toString('base64url');
const wrongToken = 'wrong-token-'.padEnd(43, 'w');
let dataDir: string;
let server: ServerProcess;
let issuedSecret: string;
let secretKey: string;
/** While the server runs, journals and all; and after it has stopped. */
let whileRunning: ReadonlyMap<string, Buffer>;
let afterStop: ReadonlyMap<string, Buffer>;
let modes: ReadonlyMap<string, string>;

beforeAll(async () => {
  dataDir = await newDataDir();
  server = await startServer(dataDir, { SCIM_TOKEN: scimToken, ADMIN_TOKEN: adminToken, LOG_LEVEL: 'trace' });
  await traffic();
  whileRunning = files();
  modes = modesOf(dataDir);
  secretKey = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
  await server.stop();
  afterStop = files();
});

afterAll(() => removeDataDir(dataDir));

async function traffic(): Promise<void> {
  const issued = await server.admin('POST', '/tenants/default/tokens', { name: 'second' });
  issuedSecret = String(issued.body['secret']);
  const user = await createUser(server, {
    userName: PERSONAL.userName,
    password: PASSWORD,
    name: { familyName: PERSONAL.familyName },
    emails: [{ value: PERSONAL.email, type: 'work', primary: true }],
    phoneNumbers: [{ value: PERSONAL.phone, type: 'work' }],
    [ENTERPRISE]: { employeeNumber: PERSONAL.employeeNumber },
  });
  const other = await createUser(server, { userName: 'other.person@example.com' });
  await createGroup(server, { members: references(user, other) });
  const path = `/Users/${user.id}`;
  await patch(server, path, { op: 'replace', path: 'title', value: PERSONAL.title });
  await patch(server, path, { op: 'replace', path: 'password', value: PASSWORD });
  await patch(server, path, { op: 'replace', path: 'userName', value: PERSONAL.renamed });
  await server.request('PUT', `/Users/${other.id}`, userBody({ userName: 'o', password: PASSWORD }), {
    'user-agent': PERSONAL.userAgent,
  });
  await refusedTraffic(path);
  await server.request('GET', filtered('/Users', `emails.value eq "${PERSONAL.filterValue}"`));
  await server.request('POST', '/Users/.search', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
    filter: `userName eq "${PERSONAL.filterValue}"`,
  });
  await server.request('DELETE', `/Users/${other.id}`);
  await server.admin(
    'GET',
    `/audit?filter=${encodeURIComponent(`resource.label eq "${PERSONAL.userName}"`)}`,
  );
}

async function refusedTraffic(path: string): Promise<void> {
  const value = PERSONAL.sortedOut;
  await server.request('POST', '/Users', userBody({ userName: PERSONAL.renamed, title: value }));
  await server.request('POST', '/Users', userBody({ userName: value, active: value }));
  await server.request('POST', '/Users', `{"userName":"${value}",`);
  await patch(server, path, { op: 'add', path: `title[value eq "${value}"].x`, value });
  await patch(server, path, { op: 'add', path: value, value });
  await server.request('GET', filtered('/Users', `emails[value eq "${value}"`));
  await server.request('GET', `/Users/${encodeURIComponent(PERSONAL.misplaced)}`);
  await server.request('DELETE', `/Users/${encodeURIComponent(PERSONAL.misplaced)}`);
  await server.request('POST', `/${encodeURIComponent(PERSONAL.misplaced)}`, {});
  await server.request('GET', '/Users', undefined, { authorization: `Bearer ${wrongToken}` });
  await server.request('GET', '/Users', undefined, { authorization: `Basic ${wrongToken}` });
  await server.admin('GET', '/projections', undefined, { authorization: `Bearer ${wrongToken}` });
}

function files(): ReadonlyMap<string, Buffer> {
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => statSync(join(dataDir, name)).isFile())
      // Its lock belongs to the server's process alone.
      .filter((name) => !name.startsWith('lock.sqlite'))
      .map((name) => [name, readFileSync(join(dataDir, name))]),
  );
}

function modesOf(folder: string): ReadonlyMap<string, string> {
  const names = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return new Map(
    names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)] as const),
  );
}

function holding(within: ReadonlyMap<string, Buffer>, text: string): readonly string[] {
  const forms = [text, encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, '')];
  return [...within].filter(([, bytes]) => forms.some((form) => bytes.includes(form))).map(([name]) => name);
}

describe('in the data directory', () => {
  it('[SEC-09] everything is the owner’s alone', () => {
    for (const [name, mode] of modes) {
      const isFolder = name === '.' || name === 'read-model';
      expect([name, mode]).toEqual([name, isFolder ? '700' : '600']);
    }
    expect([...modes.keys()]).toEqual(
      expect.arrayContaining(['log.sqlite', 'keys.sqlite', 'secret.key', 'owner.json', 'read-model']),
    );
  });

  it('no password is in any file', () => {
    for (const within of [whileRunning, afterStop]) expect(holding(within, PASSWORD)).toEqual([]);
  });

  it('no secret token is in any file, not even one that was wrong', () => {
    for (const token of [scimToken, issuedSecret, wrongToken]) {
      for (const within of [whileRunning, afterStop]) expect(holding(within, token)).toEqual([]);
    }
  });

  it('an admin token that was given is in no file', () => {
    expect(holding(afterStop, adminToken)).toEqual([]);
  });

  it('the secret key is in its own file alone', () => {
    expect(holding(afterStop, secretKey)).toEqual(['secret.key']);
  });

  it.each(Object.entries(PERSONAL))('[SEC-09] %s is in neither log nor keys in clear', (_, value) => {
    for (const within of [whileRunning, afterStop]) {
      const found = holding(within, value);
      expect(found.filter((name) => !name.startsWith('read-model'))).toEqual([]);
    }
  });

  it('names in another letter case are not in the log either', () => {
    for (const [name, bytes] of afterStop) {
      if (name.startsWith('read-model')) continue;
      expect([name, /grace|hopper|navy/i.test(bytes.toString('latin1'))]).toEqual([name, false]);
    }
  });

  it('what the log has under its seal can be read back', () => {
    const found = holding(afterStop, PERSONAL.renamed);

    expect(found.some((name) => name.startsWith('read-model/directory'))).toBe(true);
    expect(found.some((name) => name.startsWith('read-model/audit'))).toBe(true);
  });
});

describe('in what the server logs at its most talkative', () => {
  it('requests are there', () => {
    expect(server.stderr()).toContain('"path":"/scim/v2/Users"');
    expect(server.stderr().split('\n').length).toBeGreaterThan(15);
  });

  it('no token and no password is', () => {
    for (const secret of [scimToken, issuedSecret, adminToken, wrongToken, secretKey, PASSWORD]) {
      expect(server.stderr()).not.toContain(secret);
    }
    expect(server.stderr()).not.toMatch(/bearer/i);
  });

  it('[SEA-03] the filter of a search is not, neither from a URL nor from the body of POST .search', () => {
    expect(server.stderr()).toContain('"path":"/scim/v2/Users/.search"');
    expect(server.stderr()).not.toContain(PERSONAL.filterValue);
    expect(server.stderr()).not.toContain(encodeURIComponent(PERSONAL.filterValue));
  });

  it.each(Object.entries(PERSONAL))('[SEC-09] %s is not', (_, value) => {
    expect(server.stderr()).not.toContain(value);
    expect(server.stderr()).not.toContain(encodeURIComponent(value));
  });

  it('a given token is not printed for people either', () => {
    expect(server.stdout()).not.toContain(scimToken);
    expect(server.stdout()).toContain('SCIM_TOKEN');
  });
});
