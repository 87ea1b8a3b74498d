// Starts the built server with `npm start`, as the README says, and drives a short Entra session against it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dataDir = mkdtempSync(join(tmpdir(), 'scim-ledger-session-'));
const environment = { ...process.env, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' };
const server = spawn('npm', ['start', '--silent'], {
  env: environment,
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});

async function announced() {
  let text = '';
  for await (const chunk of server.stdout) {
    text += chunk;
    if (text.includes('ready')) break;
  }
  const tenantUrl = /Tenant URL:\s+(\S+)/.exec(text)?.[1];
  const token = /Secret Token:\s+(\S+)/.exec(text)?.[1];
  assert.ok(tenantUrl && token, `no Tenant URL and Secret Token in:\n${text}`);
  return { tenantUrl, token };
}

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

async function session({ tenantUrl, token }) {
  const send = async (expected, method, path, body) => {
    const response = await fetch(tenantUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.equal(response.status, expected, `${method} ${path}: ${response.status} ${text}`);
    console.log(`ok  ${method} ${path.slice(0, 60)} ${response.status}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const patch = (expected, path, ...Operations) =>
    send(expected, 'PATCH', path, { schemas: [PATCH], Operations });

  const none = await send(200, 'GET', '/Users?filter=userName+eq+%22b7c1f6de-5f0e-4f0b-9a53-0d6f2f9d8a11%22');
  assert.equal(none.totalResults, 0);
  const user = await send(201, 'POST', '/Users', {
    schemas: [USER],
    userName: 'mila.novak@brightloaf.example',
    displayName: 'Mila Novak',
    emails: [{ type: 'work', value: 'mila.novak@brightloaf.example', primary: true }],
  });
  const found = await send(200, 'GET', '/Users?filter=userName+eq+%22MILA.NOVAK%40brightloaf.example%22');
  assert.equal(found.Resources[0].id, user.id);
  await send(409, 'POST', '/Users', { schemas: [USER], userName: 'Mila.Novak@brightloaf.example' });
  const disabled = await patch(200, `/Users/${user.id}`, { op: 'Replace', path: 'active', value: 'False' });
  assert.equal(disabled.active, false);
  const group = await send(201, 'POST', '/Groups', { schemas: [GROUP], displayName: 'Night Bakers' });
  await patch(204, `/Groups/${group.id}`, {
    op: 'Add',
    path: 'members',
    value: [{ $ref: null, value: user.id }],
  });
  const bare = await send(200, 'GET', `/Groups/${group.id}?excludedAttributes=members`);
  assert.equal('members' in bare, false);
  const member = `id eq "${group.id}" and members eq "${user.id}"`;
  const held = await send(200, 'GET', `/Groups?filter=${encodeURIComponent(member)}&attributes=id`);
  assert.equal(held.totalResults, 1);
  await send(204, 'DELETE', `/Users/${user.id}`);
  await send(404, 'GET', `/Users/${user.id}`);
}

async function auditShows() {
  const cli = spawn('npx', ['--no-install', 'scim-ledger', 'audit', 'search', '--json'], {
    env: environment,
  });
  let text = '';
  for await (const chunk of cli.stdout) text += chunk;
  const operations = JSON.parse(text).map(({ operation, outcome }) => `${operation} ${outcome}`);
  for (const expected of ['delete success', 'disable success', 'create refused', 'create success']) {
    assert.ok(operations.includes(expected), `the audit lacks '${expected}': ${operations.join(', ')}`);
  }
  console.log(`ok  the audit shows ${operations.length} entries`);
}

try {
  await session(await announced());
  await auditShows();
} finally {
  // npm does not pass signals on: the whole group is told.
  process.kill(-server.pid, 'SIGTERM');
  await once(server, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
