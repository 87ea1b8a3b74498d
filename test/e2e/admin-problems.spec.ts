// What the admin API says when it refuses: RFC 9457, in words of the product's own.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App } from '../support/app.js';

const TOKENS = '/tenants/default/tokens';

let app: App;

beforeAll(async () => {
  app = await startApp({ env: { BODY_LIMIT: '65536' } });
});

afterAll(() => app.stop());

describe('a refusal of the admin API', () => {
  it.each<[string, number, readonly [string, string, unknown?]]>([
    ["There is no tenant 'nobody'.", 404, ['GET', '/tenants/nobody/tokens']],
    ["no token 'x'", 422, ['DELETE', `${TOKENS}/x`]],
    ["There is no projection 'x'.", 404, ['GET', '/projections/x']],
    ['There is nothing at /admin/v1/x for this method.', 404, ['GET', '/x?y=z']],
    ['There is nothing at /admin/v1/audit for this method.', 404, ['POST', '/audit', {}]],
    [
      "The value of 'name' is not accepted: expected a string of 1 to 100 characters.",
      400,
      ['POST', TOKENS, { name: '' }],
    ],
    [
      "The value of 'expiresInDays' is not accepted: expected a whole number from 0 to 36500.",
      400,
      ['POST', TOKENS, { expiresInDays: -1 }],
    ],
    [
      "The value of 'expiresInDays' is not accepted: expected a whole number from 0 to 36500.",
      400,
      ['POST', TOKENS, { expiresInDays: 'soon' }],
    ],
    ["'colour' is not known here.", 400, ['POST', TOKENS, { colour: 'red' }]],
    [
      "The value of 'count' is not accepted: expected a whole number from 1 to 1000.",
      400,
      ['GET', '/audit?count=0'],
    ],
    ["The value of 'filter' is not accepted: expected one string.", 400, ['GET', '/audit?filter=a&filter=b']],
    [
      "The value of 'since' is not accepted: expected a date and time such as 2026-01-31T00:00:00Z.",
      400,
      ['GET', '/audit?since=yesterday'],
    ],
    ['The body is not well-formed JSON.', 400, ['POST', TOKENS, '{']],
    [
      'The request body exceeds the limit of 65536 bytes.',
      413,
      ['POST', TOKENS, `{"name":"${'x'.repeat(70_000)}"}`],
    ],
  ])('says: %s', async (title, status, [method, path, body]) => {
    const reply = await app.admin(method, path, body);

    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(reply.text)).toEqual({ type: 'about:blank', status, title });
  });

  it('says what a body must be', async () => {
    const reply = await app.admin('POST', TOKENS, 'name=x', { 'content-type': 'text/plain' });

    expect(reply.status).toBe(415);
    expect(reply.body['title']).toBe('The body must be application/json in UTF-8.');
  });

  it.each<[string, unknown]>([
    ['an array', []],
    ['text', '"text"'],
    ['a number', '1'],
  ])('says what is missing when the body is %s', async (_, body) => {
    const reply = await app.admin('POST', TOKENS, body);

    expect(reply.status).toBe(400);
    expect(reply.body['title']).toContain("'name'");
  });
});
