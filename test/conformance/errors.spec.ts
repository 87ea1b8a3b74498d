// RFC 7644 §3.1, §3.8, §3.12, §3.13: every refusal, from any layer, is a SCIM error.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

import { startApp, type App } from '../support/app.js';
import {
  createUser,
  expectError,
  filtered,
  mediaTypeOf,
  NOBODY,
  patch,
  read,
  unique,
  USER,
  userBody,
} from './scim.js';

let app: App;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.stop());

/** A request that fetch would not send: raw path, exactly these headers. */
function raw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { hostname, port, pathname } = new URL(app.tenantUrl);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { hostname, port, method, path: pathname + path, headers, agent: false },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }));
        reply.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${app.token}` });

describe('the error body', () => {
  it('[ERR-01] has the SCIM shape from every layer', async () => {
    const { id, userName } = await createUser(app);

    expectError(await app.request('GET', '/Devices'), 404);
    expectError(await app.request('GET', `/Users/${NOBODY}`), 404);
    expectError(await app.request('GET', '/Users', undefined, { authorization: null }), 401);
    expectError(await app.request('POST', '/Users', '{"'), 400, 'invalidSyntax');
    expectError(await app.request('PUT', '/Users', {}), 405);
    expectError(await app.request('POST', '/Users', 'text', { 'content-type': 'text/plain' }), 415);
    expectError(await app.request('GET', '/Users', undefined, { accept: 'text/html' }), 406);
    expectError(await app.request('POST', '/Users', userBody({ userName })), 409, 'uniqueness');
    expectError(await app.request('DELETE', `/Users/${id}`, undefined, { 'if-match': 'W/"99"' }), 412);
    expectError(await app.request('GET', '/Me'), 501);
  });

  it('[ERR-01] is there for paths that cannot be decoded and ids that are no ids', async () => {
    for (const path of [
      '/Users/%E0%A4%A',
      '/Users/%00',
      `/Users/${'a'.repeat(3000)}`,
      '/Users/..%2f..%2fetc',
    ]) {
      const reply = await raw('GET', path, bearer());
      expect([400, 404, 414]).toContain(reply.status);
      expect(reply.headers['content-type']).toMatch(/^application\/scim\+json/);
      expect(JSON.parse(reply.text)).toMatchObject({ status: String(reply.status) });
    }
  });

  it('[ERR-01] has no body on 304', async () => {
    const { id, meta } = await createUser(app);

    const reply = await app.request('GET', `/Users/${id}`, undefined, { 'if-none-match': meta.version });

    expect(reply).toMatchObject({ status: 304, text: '' });
  });

  it('[ERR-03] says what is wrong, where, and nothing of the inside', async () => {
    const replies = [
      await app.request('POST', '/Users', userBody({ active: 5 })),
      await app.request('GET', filtered('/Users', 'userName eq')),
      await app.request('POST', '/Users', '{"'),
      await app.request('GET', '/Devices'),
    ];

    expect(replies[0]?.body.detail).toContain('active');
    for (const { text } of replies)
      expect(text).not.toMatch(/node_modules|\.ts:|\.js:|at \w+ \(|sqlite|kysely/i);
  });

  it('[ERR-02, ERR-10] uses 409 for uniqueness and 412 for versions', async () => {
    const taken = await createUser(app);
    const { id } = await createUser(app);

    const clash = await patch(app, `/Users/${id}`, {
      op: 'replace',
      path: 'userName',
      value: taken.userName,
    });
    const stale = await app.request('PUT', `/Users/${id}`, userBody(), { 'if-match': 'W/"7"' });

    expectError(clash, 409, 'uniqueness');
    expectError(stale, 412);
  });
});

describe('methods', () => {
  it.each([
    ['PUT', '/Users', ['GET', 'POST']],
    ['PATCH', '/Users', ['GET', 'POST']],
    ['DELETE', '/Groups', ['GET', 'POST']],
    ['POST', `/Users/${NOBODY}`, ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['GET', '/Users/.search', ['POST']],
    ['PUT', '/Groups/.search', ['POST']],
    ['GET', '/.search', ['POST']],
  ])('[ERR-04] answers 405 with Allow to %s %s', async (method, path, allowed) => {
    const reply = await app.request(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});

    expectError(reply, 405);
    const allow = reply.headers.get('allow')?.split(/, */) ?? [];
    expect(allow).toEqual(expect.arrayContaining(allowed));
    expect(allow).not.toContain(method);
  });

  it('[ERR-04] answers 501 to a feature of SCIM that is not built', async () => {
    expectError(await app.request('POST', '/Bulk', {}), 501);
  });

  it.each([
    '/Devices',
    '/Users/a/b',
    '/Groups/a/members',
    '/users',
    '/Userss',
    '/Schemas/a/b',
    '/.well-known',
  ])('[GET-07] answers 404 to %s', async (path) => {
    expectError(await app.request('GET', path), 404);
  });

  it('[POS-09] never redirects', async () => {
    const replies = await Promise.all(
      ['/Users/', '//Users', '/users', ''].map((path) => app.request('POST', path, userBody())),
    );

    for (const { status } of replies) expect([301, 302, 303, 307, 308]).not.toContain(status);
  });

  it('[GET-08] tolerates a trailing slash', async () => {
    const { id } = await createUser(app);

    expect((await app.request('GET', '/Users/')).status).toBe(200);
    expect((await app.request('GET', `/Users/${id}/`)).status).toBe(200);
    expect((await app.request('POST', '/Users/', userBody())).status).toBe(201);
    expect((await app.request('GET', '/Schemas/')).status).toBe(200);
  });
});

describe('media types', () => {
  it('[ERR-05] answers application/scim+json without a charset', async () => {
    const created = await app.request('POST', '/Users', userBody());
    const missing = await app.request('GET', `/Users/${NOBODY}`);

    for (const reply of [created, missing])
      expect(reply.headers.get('content-type')).toBe('application/scim+json');
  });

  it.each([
    'application/scim+json',
    'application/json',
    'application/scim+json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/SCIM+JSON; v=1',
  ])('[ERR-05] takes a body as %s', async (mediaType) => {
    const reply = await app.request('POST', '/Users', JSON.stringify(userBody()), {
      'content-type': mediaType,
    });

    expect(reply.status).toBe(201);
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('[ERR-05] refuses a body as %s with 415', async (mediaType) => {
    expectError(await app.request('POST', '/Users', 'x=1', { 'content-type': mediaType }), 415);
  });

  it('[ERR-05] refuses bytes that are no UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from(`{"schemas":["${USER}"],"userName":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);

    const reply = await app.request('POST', '/Users', body);

    expect(reply.status).toBe(400);
    expect(['invalidSyntax', 'invalidValue']).toContain(reply.body.scimType);
  });

  it.each([
    'application/scim+json',
    'application/json',
    '*/*',
    'application/*',
    'text/html, application/json;q=0.5',
  ])('[ERR-06] serves Accept: %s as scim+json', async (accept) => {
    const reply = await app.request('GET', '/Users?count=1', undefined, { accept });

    expect(reply.status).toBe(200);
    expect(mediaTypeOf(reply)).toBe('application/scim+json');
  });

  it('[ERR-06] serves a request without Accept', async () => {
    const reply = await raw('GET', '/Users?count=1', bearer());

    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^application\/scim\+json/);
  });

  it.each(['text/html', 'application/xml', 'image/png'])(
    '[ERR-06] refuses Accept: %s with 406',
    async (accept) => {
      expectError(await app.request('GET', '/Users', undefined, { accept }), 406);
    },
  );

  it('[ERR-06] offers no choice by suffix', async () => {
    expectError(await app.request('GET', '/Users.scim'), 404);
  });
});

describe('limits', () => {
  let limited: App;

  beforeAll(async () => {
    limited = await startApp({ env: { BODY_LIMIT: '4096', RATE_LIMIT: '20' } });
  });

  afterAll(() => limited.stop());

  it('[ERR-08, SEC-10] refuses a body that is too big with 413, naming the limit', async () => {
    const reply = await limited.request('POST', '/Users', userBody({ displayName: 'x'.repeat(8192) }));

    expectError(reply, 413);
    expect(reply.body.detail).toMatch(/4,?096/);
  });

  it('[SEC-10] refuses a body nested too deeply', async () => {
    const body = `{"schemas":["${USER}"],"userName":"${unique()}","x":${'['.repeat(500)}${']'.repeat(500)}}`;

    expectError(await app.request('POST', '/Users', body), 400, 'invalidSyntax');
  });

  it('[ERR-07, SEC-10] answers 429 with Retry-After beyond a configured rate', async () => {
    const replies = await Promise.all(
      Array.from({ length: 80 }, () => limited.request('GET', '/Users?count=0')),
    );

    const refused = replies.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) {
      expectError(reply, 429);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('[ERR-07] sets no rate limit by default', async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => app.request('GET', '/Users?count=0')),
    );

    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('protocol version', () => {
  it('[ERR-09, ETG-06] rejects a version it does not speak', async () => {
    for (const version of ['v1', 'v9']) {
      const url = app.tenantUrl.replace('/v2', `/${version}`);
      const reply = await app.request('GET', `${url}/Users`);
      if (reply.status === 404) expectError(reply, 404);
      else expectError(reply, 400, 'invalidVers');
    }
  });

  it('[ERR-09] never gives a location with a query string', async () => {
    const { body, headers } = await app.request('POST', '/Users?aadOptscim062020', userBody());

    for (const url of [body.meta.location, headers.get('location')]) expect(url).not.toContain('?');
    expect((await read(app, body.meta.location)).id).toBe(body.id);
  });
});
