// The command line, as a process of its own: beside a running server and without one.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createUser, patch } from '../conformance/scim.js';
import {
  newDataDir,
  removeDataDir,
  runCli,
  startServer,
  type Ended,
  type ServerProcess,
} from '../support/processes.js';
import { liveGeneration } from '../support/read-models.js';

interface Issued {
  readonly id: string;
  readonly secret: string;
  readonly expiresAt: string | null;
}

/** A token, an audit entry or a projection, as far as it is looked at here. */
interface Listed {
  readonly name: string;
  readonly sentence: string;
  readonly generation: number;
  readonly state: string;
  readonly position?: string;
  readonly head?: string;
}

let dataDir: string;
let server: ServerProcess;
let userName: string;

beforeAll(async () => {
  dataDir = await newDataDir();
  // The command line finds the admin token where the server keeps it.
  server = await startServer(dataDir, { ADMIN_TOKEN: '' });
  const user = await createUser(server, { userName: 'cli@example.com' });
  ({ userName } = user);
  await patch(server, `/Users/${user.id}`, { op: 'replace', path: 'active', value: false });
});

afterAll(async () => {
  await server.stop();
  await removeDataDir(dataDir);
});

function cli(...commandLine: readonly string[]): Promise<Ended> {
  return runCli(dataDir, commandLine);
}

function issuedBy({ code, stdout, stderr }: Ended): Issued {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

function listedBy({ code, stdout, stderr }: Ended): readonly Listed[] {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

async function statusWith(token: string, of: ServerProcess = server): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await of.request('GET', '/Users?count=0', undefined, headers)).status;
}

describe('beside a running server', () => {
  it('issues a token that works at once, lists it without its secret, and revokes it at once', async () => {
    const issued = issuedBy(await cli('tokens', 'issue', '--name', 'rotation', '--json'));
    expect(await statusWith(issued.secret)).toBe(200);

    const listed = await cli('tokens', 'list', '--json');
    expect(listedBy(listed)).toContainEqual(
      expect.objectContaining({ id: issued.id, name: 'rotation', revokedAt: null }),
    );
    expect(listed.stdout).not.toContain(issued.secret);
    expect(listed.stdout).not.toMatch(/hash/i);

    const revoked = await cli('tokens', 'revoke', issued.id);
    expect(revoked).toMatchObject({ code: 0, stdout: `revoked ${issued.id}\n`, stderr: '' });
    // The very next request.
    expect(await statusWith(issued.secret)).toBe(401);
    expect((await cli('tokens', 'list')).stdout).toMatch(new RegExp(`${issued.id} .*revoked 20`));
  });

  it('prints for people what a person needs', async () => {
    const { code, stdout, stderr } = await cli('tokens', 'issue', '--expires-in-days', '0');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Secret Token: +scl_\S+$/m);
    expect(stdout).toMatch(/^expires: +never$/m);
    expect(stderr).toBe('');
  });

  it('searches the audit, for people and for programs', async () => {
    const filter = 'operation eq "disable"';

    const text = await cli('audit', 'search', '--filter', filter);
    const entries = listedBy(await cli('audit', 'search', '--filter', filter, '--json'));

    expect(entries).toHaveLength(1);
    expect(text.stdout).toMatch(/^20\d\d-\S+Z {2}/);
    expect(text.stdout.trim().endsWith(entries[0]?.sentence ?? 'nothing')).toBe(true);
    expect(entries[0]?.sentence).toContain(userName);
    expect(listedBy(await cli('--json', 'audit', 'search', '--limit', '1'))).toHaveLength(1);
    expect((await cli('audit', 'search', '--since', '2999-01-01T00:00:00Z')).stdout).toBe('no entries\n');
  });

  it('shows the projections and rebuilds one, progress apart from data', async () => {
    const before = liveGeneration(dataDir, 'directory').number;

    const rebuilt = await cli('projections', 'rebuild', 'directory');
    const status = listedBy(await cli('projections', 'status', '--json'));

    expect(rebuilt.code).toBe(0);
    expect(rebuilt.stdout).toBe(`directory: generation ${before + 1} is live\n`);
    // No terminal: plain lines, none of them blank.
    expect(rebuilt.stderr).toMatch(/^(directory: \d+ of \d+ events.*\n)+$/);
    expect(status.map(({ name, state }) => [name, state])).toEqual([
      ['directory', 'live'],
      ['audit', 'live'],
    ]);
    expect(status[0]?.generation).toBe(before + 1);
    expect(liveGeneration(dataDir, 'directory').number).toBe(before + 1);
  });
});

describe('exit codes', () => {
  it.each([
    ['a token that is none', ['tokens', 'revoke', 'no-such-token'], /no-such-token/],
    ['a tenant that is none', ['tokens', 'list', '--tenant', 'nobody'], /nobody/],
    ['a projection that is none', ['projections', 'rebuild', 'nothing'], /nothing/],
  ])('1 for %s', async (_, commandLine, message) => {
    const { code, stderr, stdout } = await cli(...commandLine);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.js/);
  });

  it.each([
    ['an unknown command', ['frobnicate'], /frobnicate/],
    ['an unknown option', ['tokens', 'list', '--loud'], /--loud/],
    ['a rebuild of nothing', ['projections', 'rebuild'], /--all/],
    ['a number that is none', ['tokens', 'issue', '--expires-in-days', 'soon'], /--expires-in-days.*number/],
    ['a time that is none', ['audit', 'search', '--since', 'yesterday'], /--since.*yesterday.*2026-01-31T/],
    ['an end that is no time', ['audit', 'search', '--until', '2026-01-31'], /--until.*2026-01-31T/],
    ['a filter that is none', ['audit', 'search', '--filter', 'operation is "x"'], /--filter.*operation eq/],
    ['a filter by what no entry has', ['audit', 'search', '--filter', 'colour pr'], /--filter.*colour/],
  ])('2 for %s, which says what is accepted', async (_, commandLine, message) => {
    const { code, stderr, stdout } = await cli(...commandLine);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('3 when the admin token cannot be had', async () => {
    const file = join(dataDir, 'admin.key');
    const kept = readFileSync(file);
    rmSync(file);

    const { code, stderr } = await cli('tokens', 'list');

    writeFileSync(file, kept, { mode: 0o600 });
    expect(code).toBe(3);
    expect(stderr).toContain('ADMIN_TOKEN');
  });

  it('78 for a setting that cannot be used', async () => {
    const { code, stderr } = await runCli(dataDir, ['tokens', 'list'], { LOG_LEVEL: 'loud' });

    expect(code).toBe(78);
    expect(stderr).toContain('LOG_LEVEL');
  });

  it('0 for the version, which is that of the package', async () => {
    const manifest = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
    const { version }: { version: string } = JSON.parse(manifest);

    expect(await cli('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('0 for help, which names every command', async () => {
    const { code, stdout } = await cli('--help');

    expect(code).toBe(0);
    for (const command of ['tokens', 'audit', 'projections']) expect(stdout).toContain(command);
  });
});

describe('without a running server', () => {
  let alone: string;

  beforeAll(async () => {
    alone = await newDataDir();
    const first = await startServer(alone);
    await createUser(first, { userName: 'kept@example.com' });
    await first.stop();
  });

  afterAll(() => removeDataDir(alone));

  it('issues a token where the first one was lost, and the server accepts it afterwards', async () => {
    const issued = issuedBy(await runCli(alone, ['tokens', 'issue', '--json']));

    const started = await startServer(alone);
    const status = await statusWith(issued.secret, started);
    await started.stop();

    expect(status).toBe(200);
  });

  it('warns of a token that expires soon: in the list, at the start and in the log', async () => {
    const { id } = issuedBy(
      await runCli(alone, ['tokens', 'issue', '--name', 'old', '--expires-in-days', '10', '--json']),
    );

    const listed = await runCli(alone, ['tokens', 'list']);
    const started = await startServer(alone);
    await started.stop();
    await runCli(alone, ['tokens', 'revoke', id]);
    const afterwards = await startServer(alone);
    await afterwards.stop();

    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(new RegExp(`^${id} .*active, expires in 10 days$`, 'm'));
    expect(listed.stdout.match(/expires in/g)).toHaveLength(1);
    expect(started.stdout()).toMatch(/Warning: +token "old" expires in 10 days \(20/);
    expect(started.stderr()).toContain('a token expires soon');
    expect(afterwards.stdout()).not.toContain('Warning');
    expect(afterwards.stderr()).not.toContain('expires soon');
  });

  it('searches the audit and rebuilds every projection', async () => {
    const found = listedBy(
      await runCli(alone, ['audit', 'search', '--filter', 'resource.type eq "User"', '--json']),
    );
    const before = liveGeneration(alone, 'audit').number;

    const rebuilt = await runCli(alone, ['projections', 'rebuild', '--all', '--json']);

    expect(found.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('created user "kept@example.com"'),
    ]);
    expect(listedBy(rebuilt).map(({ name }) => name)).toEqual(['directory', 'audit']);
    expect(liveGeneration(alone, 'audit').number).toBe(before + 1);
  });

  it('shows how far every projection has come', async () => {
    const status = listedBy(await runCli(alone, ['projections', 'status', '--json']));

    expect(status.map(({ name, position }) => [name, position])).toEqual([
      ['directory', status[0]?.head],
      ['audit', status[0]?.head],
    ]);
    expect(status[0]?.head).toMatch(/^\d+$/);
  });

  it('exits 78 when the secret key is not the log’s', async () => {
    const { code, stderr } = await runCli(alone, ['tokens', 'list'], {
      SECRET_KEY: Buffer.alloc(32).toString('base64'),
    });

    expect(code).toBe(78);
    expect(stderr).toContain('SECRET_KEY');
  });
});
