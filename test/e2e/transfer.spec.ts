// Moving a ledger with the command line: from beside a running server into a folder that another server starts on.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
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

let [from, to, files] = ['', '', ''];
let server: ServerProcess;
const at = (name: string): string => join(files, name);
const log = (): string => at('log.ndjson');
const keys = (): string => at('keys');

beforeAll(async () => {
  [from, to, files] = [await newDataDir(), await newDataDir(), await newDataDir()];
  server = await startServer(from);
  const user = await createUser(server, { userName: 'moved@example.com' });
  await patch(server, `/Users/${user.id}`, { op: 'replace', path: 'active', value: false });
  writeFileSync(at('passphrase'), 'correct horse battery\n');
});

afterAll(async () => {
  await server.stop();
  for (const folder of [from, to, files]) await removeDataDir(folder);
});

function carryKeys(dataDir: string, way: 'export' | 'import'): Promise<Ended> {
  return runCli(dataDir, ['keys', way, keys(), '--passphrase-file', at('passphrase')]);
}

describe('moving a ledger', () => {
  it('exports beside the running server: data on standard output or in a file, progress apart from it', async () => {
    const toFile = await runCli(from, ['export', '--output', log()]);
    const toStdout = await runCli(from, ['export']);

    expect(toFile.code).toBe(0);
    expect(toFile.stdout).toMatch(/: \d+ events, SHA-256 [0-9a-f]{64}\n$/);
    expect(toFile.stderr).toMatch(/^(\d+ of \d+ events exported\n)+$/);
    expect(statSync(log()).mode & 0o777).toBe(0o600);
    expect(toStdout).toMatchObject({ code: 0, stdout: readFileSync(log(), 'utf8') });
  });

  it('does not import without the keys, and says what brings them', async () => {
    const { code, stderr } = await runCli(to, ['import', log()]);

    expect(code).toBe(78);
    expect(stderr).toContain('`scim-ledger keys import`');
  });

  it('carries the keys under a passphrase, which a terminal or a file gives', async () => {
    const exported = await carryKeys(from, 'export');
    const imported = await carryKeys(to, 'import');
    const unasked = await runCli(to, ['keys', 'import', keys()]);

    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(keys()).mode & 0o777).toBe(0o600);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toMatch(/^imported \d+ user keys, 1 tenant key, secret key with fingerprint/);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('--passphrase-file');
  });

  it('does not import beside a server, and says which one is in the way', async () => {
    const { code, stderr } = await runCli(from, ['import', log()]);

    expect(code).toBe(78);
    expect(stderr).toContain(`in use by process ${server.pid}`);
  });

  it('refuses a file that was cut with exit code 1 and without a stack', async () => {
    const cut = at('cut');
    writeFileSync(cut, readFileSync(log()).subarray(0, -100));

    const { code, stderr } = await runCli(to, ['import', cut]);

    expect(code).toBe(1);
    expect(stderr).toContain(`${cut} is cut off`);
    expect(stderr).not.toMatch(/ at .*\.js/);
  });

  it('imports, and a server on it knows the person, the token and the audit', async () => {
    const imported = await runCli(to, ['import', log(), '--json']);
    const audit = ['audit', 'search', '--json'];
    const expected = JSON.parse((await runCli(from, audit, { ADMIN_TOKEN: server.adminToken })).stdout);
    const moved = await startServer(to);
    const authorization = { authorization: `Bearer ${server.token}` };
    const found = await moved.request(
      'GET',
      '/Users?filter=userName eq "moved@example.com"',
      undefined,
      authorization,
    );
    const entries = JSON.parse((await runCli(to, audit, { ADMIN_TOKEN: moved.adminToken })).stdout);
    await moved.stop();

    expect(JSON.parse(imported.stdout)).toMatchObject({ events: expect.any(Number), alreadyThere: 0 });
    expect(found.body.Resources).toMatchObject([{ userName: 'moved@example.com', active: false }]);
    expect(entries).toEqual(expected);
    expect(entries).not.toHaveLength(0);
  });

  it('does not import into what has gone on since', async () => {
    await runCli(to, ['tokens', 'issue']);

    const { code, stderr } = await runCli(to, ['import', log()]);

    expect(code).toBe(1);
    expect(stderr).toContain('is not empty');
  });

  it('never takes the place of a device', async () => {
    const { code, stderr } = await runCli(from, ['export', '--output', '/dev/null']);

    expect(code).toBe(1);
    expect(stderr).toContain('/dev/null is there and is no file');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});
