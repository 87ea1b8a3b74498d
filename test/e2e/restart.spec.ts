// What a data directory keeps, and what a start refuses.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { createGroup, createUser, find, patch, patchBody, read, references } from '../conformance/scim.js';
import { startApp, type App } from '../support/app.js';
import {
  newDataDir,
  removeDataDir,
  runServer,
  startServer,
  type Environment,
  type ServerProcess,
} from '../support/processes.js';

const running = new Set<ServerProcess>();
let dataDir: string;

beforeEach(async () => {
  dataDir = await newDataDir();
});

afterEach(async () => {
  await Promise.all([...running].map((server) => server.stop()));
  running.clear();
  await removeDataDir(dataDir);
});

async function start(env: Environment = {}): Promise<ServerProcess> {
  const server = await startServer(dataDir, env);
  running.add(server);
  return server;
}

describe('a server that is started again', () => {
  const apps = new Set<App>();

  afterEach(async () => {
    await Promise.all([...apps].map((app) => app.stop()));
    apps.clear();
  });

  async function open(env: Environment = {}): Promise<App> {
    const app = await startApp({ dataDir, stores: 'sqlite', env });
    apps.add(app);
    return app;
  }

  async function close(app: App): Promise<void> {
    apps.delete(app);
    await app.stop();
  }

  it('still has every resource, its versions, and its memberships', async () => {
    const first = await open();
    const [kept, renamed, deleted] = [
      await createUser(first),
      await createUser(first),
      await createUser(first),
    ];
    const group = await createGroup(first, { members: references(kept, renamed, deleted) });
    await patch(first, `/Users/${renamed.id}`, { op: 'replace', path: 'userName', value: 'renamed' });
    await first.request('DELETE', `/Users/${deleted.id}`);
    const before = await everything(first);
    await close(first);

    const second = await open({ SCIM_TOKEN: first.token });

    expect(await everything(second)).toEqual(before.replaceAll(first.url, second.url));
    expect(await find(second, '/Users', 'userName eq "renamed"')).toEqual([renamed.id]);
    const { members } = await read(second, `/Groups/${group.id}`);
    expect(members.map(({ value }) => value).toSorted()).toEqual([kept.id, renamed.id].toSorted());
    expect((await second.request('GET', `/Users/${deleted.id}`)).status).toBe(404);
  });

  it('goes on with the events of resources written before', async () => {
    const first = await open();
    const user = await createUser(first);
    const group = await createGroup(first, { members: references(user) });
    await close(first);

    const second = await open();
    const changed = await patch(second, `/Users/${user.id}`, { op: 'add', path: 'title', value: 'Later' });
    const removed = await patch(second, `/Groups/${group.id}`, {
      op: 'remove',
      path: `members[value eq "${user.id}"]`,
    });

    expect(changed.body.meta.version).toBe('W/"1"');
    expect(removed.status).toBe(204);
    expect(await read(second, `/Groups/${group.id}`)).not.toHaveProperty('members');
  });

  it('accepts the value of SCIM_TOKEN at every start, and the value before it no more', async () => {
    const [token, other] = [secret(), secret()];
    await close(await open({ SCIM_TOKEN: token }));
    const again = await open({ SCIM_TOKEN: token });
    const { body } = await again.admin('GET', '/tenants/default/tokens');
    await close(again);

    const withOther = await open({ SCIM_TOKEN: other });

    // Named once, not once for every start.
    expect(namesIn(body)).toEqual(['SCIM_TOKEN']);
    expect(await statusWith(withOther, token)).toBe(401);
    expect(await statusWith(withOther, other)).toBe(200);
  });

  it('lets the value of SCIM_TOKEN in again after it was revoked', async () => {
    const token = secret();
    const first = await open({ SCIM_TOKEN: token });
    const { body } = await first.admin('GET', '/tenants/default/tokens');
    const [issued] = body['tokens'] as { id: string }[];
    await first.admin('DELETE', `/tenants/default/tokens/${issued?.id}`);
    expect(await statusWith(first, token)).toBe(401);
    await close(first);

    const second = await open({ SCIM_TOKEN: token });

    expect(await statusWith(second, token)).toBe(200);
  });

  it('refuses a log that is none, and names it', async () => {
    writeFileSync(
      join(dataDir, 'log.sqlite'),
      'this is no database, and long enough to be looked at as one '.repeat(20),
    );

    const { code, stderr } = await runServer(dataDir);

    expect(code).toBe(78);
    expect(stderr).toContain('log.sqlite');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('makes the first token again when the start that was to show it failed', async () => {
    const occupied = await open();
    const port = new URL(occupied.url).port;
    const elsewhere = await newDataDir();

    const refused = await runServer(elsewhere, { PORT: port });
    const started = await startServer(elsewhere);

    expect(refused).toMatchObject({ code: 78 });
    expect(refused.stderr).toContain('EADDRINUSE');
    expect(started.stdout()).toMatch(/Secret Token:\s+scl_/);
    await started.stop();
    await removeDataDir(elsewhere);
  });

  it('stops for a client that never finishes its request', async () => {
    const server = await start();
    const { hostname, port } = new URL(server.url);
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n`;
    client.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a`);
    client.on('error', () => undefined);
    // The server has read the beginning once it answers a later request.
    await server.request('GET', '/Users');

    server.signal('SIGTERM');

    expect(await server.ended).toMatchObject({ code: 0 });
  });

  it('keeps its admin token in a file, and the same one at the next start', async () => {
    await close(await open({ ADMIN_TOKEN: '' }));
    const kept = readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();

    const second = await open({ ADMIN_TOKEN: '' });

    const reply = await second.admin('GET', '/projections', undefined, { authorization: `Bearer ${kept}` });
    expect(reply.status).toBe(200);
    expect(readFileSync(join(dataDir, 'admin.key'), 'utf8').trim()).toBe(kept);
  });
});

describe('a start that cannot be', () => {
  it('exits 78 and says who holds the data directory', async () => {
    const owner = await start();

    const { code, stderr, stdout } = await runServer(dataDir);

    expect(code).toBe(78);
    expect(stderr).toContain(`${dataDir} is in use by process ${owner.pid}`);
    expect(stderr).toContain(owner.url);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect((await owner.request('GET', '/Users')).status).toBe(200);
  });

  it('exits 78 when SECRET_KEY is not the key the log was written with, and harms nothing', async () => {
    const first = await start();
    const user = await createUser(first);
    await first.stop();
    const otherKey = randomBytes(32).toString('base64');

    const { code, stderr } = await runServer(dataDir, { SECRET_KEY: otherKey });

    expect(code).toBe(78);
    expect(stderr).toMatch(/SECRET_KEY is not the secret key that the event log was written with/);
    expect(stderr).not.toContain(otherKey);
    const second = await start({ SCIM_TOKEN: first.token });
    expect(await read(second, `/Users/${user.id}`)).toMatchObject({ userName: user.userName });
  });

  it('exits 78 when secret.key is missing and the log is not empty, and makes no new one', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'secret.key');
    const kept = readFileSync(file, 'utf8').trim();
    rmSync(file);

    const { code, stderr } = await runServer(dataDir);

    expect(code).toBe(78);
    expect(stderr).toContain(`${file} is missing`);
    expect(existsSync(file)).toBe(false);
    // What the message advises works.
    await start({ SECRET_KEY: kept });
  });

  it.each([
    ['PORT', '70000', '0 to 65535'],
    ['EVENT_STORE', 'mongodb://', 'sqlite'],
  ])('exits 78 and names %s when it is %s', async (variable, value, accepted) => {
    const { code, stderr } = await runServer(dataDir, { [variable]: value });

    expect(code).toBe(78);
    expect(stderr).toContain(`${variable}: given '${value}'`);
    expect(stderr).toContain(accepted);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('exits 78 and names a secret that is too short, without repeating it', async () => {
    const { code, stderr } = await runServer(dataDir, { SCIM_TOKEN: 'too-short-to-be-kept' });

    expect(code).toBe(78);
    expect(stderr).toContain('SCIM_TOKEN');
    expect(stderr).not.toContain('too-short-to-be-kept');
  });

  it('says that its port is taken, and gives the data directory back', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };

    const { code, stderr } = await runServer(dataDir, { PORT: String(port) });

    other.close();
    expect(code).not.toBe(0);
    expect(stderr).toContain(String(port));
    await start();
  });
});

describe('a server that is told to stop', () => {
  let server: ServerProcess;

  beforeEach(async () => {
    server = await start();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits 0 on %s', async (signal) => {
    server.signal(signal);

    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    expect(existsSync(join(dataDir, 'owner.json'))).toBe(false);
  });

  it('finishes a write on a user that is in flight', async () => {
    const { id } = await createUser(server);
    const finish = await halfSent(server, 'PATCH', `/Users/${id}`, patchBody(TITLE));

    server.signal('SIGTERM');
    await untilRefused(server);
    const answer = await finish();

    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await server.ended).toMatchObject({ code: 0 });
    const again = await start({ SCIM_TOKEN: server.token });
    expect(await read(again, `/Users/${id}`)).toMatchObject({ title: 'In flight' });
  });

  it('finishes a write on a group that is in flight', async () => {
    const user = await createUser(server);
    const { id } = await createGroup(server);
    const operation = { op: 'add', path: 'members', value: references(user) };
    const finish = await halfSent(server, 'PATCH', `/Groups/${id}`, patchBody(operation));

    server.signal('SIGTERM');
    await untilRefused(server);
    const answer = await finish();

    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(await server.ended).toMatchObject({ code: 0 });
    const again = await start({ SCIM_TOKEN: server.token });
    expect((await read(again, `/Groups/${id}`)).members).toHaveLength(1);
  });

  it('records a refused write that is in flight', async () => {
    const finish = await halfSent(server, 'POST', '/Users', { schemas: [] });

    server.signal('SIGTERM');
    await untilRefused(server);

    expect(await finish()).toMatch(/^HTTP\/1\.1 400 /);
    expect(await server.ended).toMatchObject({ code: 0 });
    const again = await start();
    const { body } = await again.admin('GET', '/audit?filter=outcome%20eq%20%22refused%22');
    expect(body['entries']).toHaveLength(1);
  });
});

describe('a server that prints its first token', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    dataDir = await newDataDir();
    server = await startServer(dataDir);
  });

  afterAll(async () => {
    await server.stop();
    await removeDataDir(server.dataDir);
  });

  it('prints the Tenant URL and the Secret Token last before ready', () => {
    const lines = server.stdout().trimEnd().split('\n');

    expect(lines.slice(-4)).toEqual([
      `  Tenant URL:    ${server.tenantUrl}`,
      `  Secret Token:  ${server.token}`,
      '',
      'ready',
    ]);
    expect(server.token).toMatch(/^scl_[\w-]{43}_\w{7}$/);
  });

  it('answers on the port that it prints', async () => {
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect((await server.request('GET', '/Users')).status).toBe(200);
  });

  it('accepts that token at the next start, and does not print it again', async () => {
    await server.stop();

    const again = await startServer(server.dataDir);

    expect(again.stdout()).not.toContain(server.token);
    expect(again.stdout()).toContain('tokens issue');
    expect(await statusWith(again, server.token)).toBe(200);
    await again.stop();
  });
});

const TITLE = { op: 'add', path: 'title', value: 'In flight' };

function secret(): string {
  return randomBytes(32).toString('base64url');
}

function namesIn(body: object): readonly string[] {
  const { tokens } = body as { tokens: { name: string }[] };
  return tokens.map(({ name }) => name);
}

async function statusWith(app: App, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await app.request('GET', '/Users?count=0', undefined, headers)).status;
}

async function everything(app: App): Promise<string> {
  const replies = [await app.request('GET', '/Users'), await app.request('GET', '/Groups')];
  return replies.map(({ text }) => text).join('\n');
}

/** Sends a request but for the last byte of its body; the function that comes back sends it and gives the answer. */
async function halfSent(
  server: ServerProcess,
  method: string,
  path: string,
  body: object,
): Promise<() => Promise<string>> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const text = JSON.stringify(body);
  const head = [
    `${method} /scim/v2${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${server.token}`,
    'Content-Type: application/scim+json',
    `Content-Length: ${text.length}`,
    // The server says when it has the request and waits for its body.
    'Expect: 100-continue',
  ].join('\r\n');
  socket.write(`${head}\r\n\r\n`);
  await once(socket, 'data');
  socket.write(text.slice(0, -1));
  return async () => {
    const answer = received(socket);
    socket.write(text.slice(-1));
    return answer;
  };
}

async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
}

/** Resolves once the server takes no new connections. */
async function untilRefused(server: ServerProcess): Promise<void> {
  const { hostname, port } = new URL(server.url);
  for (;;) {
    const socket = connect(Number(port), hostname);
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => 'open'),
      once(socket, 'error').then(() => 'refused'),
    ]).catch(() => 'refused');
    socket.destroy();
    if (outcome === 'refused') return;
  }
}
