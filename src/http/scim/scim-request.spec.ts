import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { ENTRA_LENIENCIES, STRICT } from '../../scim/leniency.js';
import {
  acceptsScim,
  commandContext,
  leniencySetOf,
  principalOf,
  scimBaseUrl,
  versionsOf,
} from './scim-request.js';

const PRINCIPAL = {
  tenant: { slug: 'acme', profile: 'default' },
  actor: { kind: 'token', id: 't1', label: 'Entra' },
};

describe('[ERR-06] an Accept header', () => {
  it.each([
    undefined,
    '',
    ' ',
    '*/*',
    'application/*',
    'application/json',
    'application/scim+json',
    'APPLICATION/SCIM+JSON; charset=utf-8',
    'text/html, application/json;q=0.1',
    'application/json; q=1.0',
    'application/json;q=0.001',
    'application/json;q=0, */*',
  ])('%j lets us answer', (header) => {
    expect(acceptsScim(header)).toBe(true);
  });

  it.each([
    'text/html',
    'application/xml, text/*',
    'application/json;q=0',
    'application/json; q=0.000',
    '*/*;q=0.0, text/plain',
    'application/jsonx',
    ',',
  ])('%j does not', (header) => {
    expect(acceptsScim(header)).toBe(false);
  });
});

describe('[ETG-03] a header of entity tags', () => {
  it.each([
    [undefined, undefined],
    ['*', '*'],
    [' * ', '*'],
    ['W/"3"', [3]],
    ['"3"', [3]],
    ['W/"3", "14" ,W/"0"', [3, 14, 0]],
    ['3', [-1]],
    ['w/"3"', [-1]],
    ['W/"x"', [-1]],
    ['', [-1]],
    ['W/"1", *', [1, -1]],
  ])('%j names %j', (header, versions) => {
    expect(versionsOf(header)).toEqual(versions);
  });
});

describe('what a request says', () => {
  it('is refused to be told of an anonymous one', () => {
    expect(() => principalOf(request())).toThrow(expect.objectContaining({ status: 401 }));
    expect(() => commandContext(request())).toThrow(expect.objectContaining({ status: 401 }));
  });

  it('becomes the context of its command, without the query', () => {
    const context = commandContext(
      request({
        principal: PRINCIPAL,
        headers: {
          'user-agent': 'x'.repeat(300),
          'client-request-id': 'y'.repeat(300),
          'x-request-id': ['twice', 'given'],
          authorization: 'Bearer secret',
        },
      }),
    );

    expect(context).toMatchObject({
      tenant: 'acme',
      actor: PRINCIPAL.actor,
      correlationId: 'req-1',
      request: {
        id: 'req-1',
        method: 'GET',
        path: '/scim/v2/Users',
        ip: '192.0.2.1',
        userAgent: 'x'.repeat(256),
        correlation: { 'client-request-id': 'y'.repeat(256) },
      },
    });
    expect(context.commandId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(context)).not.toMatch(/secret|filter/);
  });

  it('leaves out the headers that it does not have', () => {
    expect(commandContext(request({ principal: PRINCIPAL })).request).toEqual({
      id: 'req-1',
      method: 'GET',
      path: '/scim/v2/Users',
      ip: '192.0.2.1',
    });
  });

  it.each([
    ['/scim/v2/Users?filter=x/scim/v2', undefined, 'http://host.example:3000/scim/v2'],
    ['/t/acme/scim/v2/Users/1', undefined, 'http://host.example:3000/t/acme/scim/v2'],
    ['/t/scim/scim/v2', 'https://scim.example', 'https://scim.example/t/scim/scim/v2'],
    ['/scim/v2/', 'https://scim.example/base', 'https://scim.example/base/scim/v2'],
  ])('%s has the base URL that the client knows', (url, publicUrl, base) => {
    expect(scimBaseUrl(request({ url }), publicUrl)).toBe(base);
  });

  it('lets the profile of its tenant say what passes', () => {
    expect(leniencySetOf('strict')).toBe(STRICT);
    expect(leniencySetOf('default')).toBe(ENTRA_LENIENCIES);
  });
});

function request(parts: object = {}): FastifyRequest {
  // Only what is read of a request is given.
  return {
    id: 'req-1',
    method: 'GET',
    url: '/scim/v2/Users?filter=userName eq "ada"',
    ip: '192.0.2.1',
    protocol: 'http',
    host: 'host.example:3000',
    headers: {},
    ...parts,
  } as FastifyRequest;
}
