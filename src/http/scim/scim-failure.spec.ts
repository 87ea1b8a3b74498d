import { HttpException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { OutcomeUnknown, RevisionConflict, StoreUnavailable } from '../../event-store/errors.js';
import { KeyStoreUnavailable } from '../../keys/errors.js';
import { ProjectionStopped } from '../../projections/generation.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { toScimError } from './scim-failure.js';

const EVENT = { id: 'e1', type: 'UserProvisioned', stream: 's', revision: 0, position: '1' };

describe('[ERR-01] what a client sees of a failure', () => {
  it('is the refusal itself where there is one', () => {
    const refusal = scimErrors.uniqueness('userName', 'ada');

    expect(failed(refusal)).toEqual({ error: refusal, isExpected: true });
  });

  it.each([
    new StoreUnavailable('disk full at /var/secret'),
    new OutcomeUnknown('no answer'),
    new RevisionConflict('scim.acme.user-1', 1, 2),
    new KeyStoreUnavailable('no keys'),
    new ProjectionStopped('directory', EVENT, new Error('inner')),
  ])('is 503 with Retry-After, and no internals, for $name', (failure) => {
    const { error, isExpected } = failed(failure);

    expect(error).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
    expect(error.detail).not.toContain(failure.message);
    expect(isExpected).toBe(false);
  });

  it('does not claim that nothing was changed when that is not known', () => {
    expect(failed(new OutcomeUnknown('no answer')).error.detail).not.toContain('nothing was changed');
    expect(failed(new StoreUnavailable('disk full')).error.detail).toContain('nothing was changed');
  });

  it.each<[string, object, number, string | undefined]>([
    ['a body that is too large', { statusCode: 413 }, 413, undefined],
    ['another media type', { statusCode: 415 }, 415, undefined],
    ['what the framework cannot read', { statusCode: 400 }, 400, 'invalidSyntax'],
    ['a URL that is too long', { statusCode: 414 }, 400, 'invalidSyntax'],
    ["the framework's own exception", new HttpException('no', 415), 415, undefined],
  ])('is a refusal for %s', (_, failure, status, scimType) => {
    expect(failed(failure)).toMatchObject({ error: { status, scimType }, isExpected: true });
  });

  it('[ERR-08] names the limit of a body', () => {
    expect(failed({ statusCode: 413 }).error.detail).toContain('1024 bytes');
  });

  it.each([
    ['an error', new Error('secret detail')],
    ['a text', 'a text'],
    ['null', null],
    ['nothing', undefined],
    ['a status that is no number', { statusCode: '404' }],
    ['a status that it does not use', { statusCode: 418 }],
    ["the framework's own 500", new HttpException('teapot', 500)],
  ])('[ERR-03] is 500 with nothing but the request for a fault of ours: %s', (_, failure) => {
    const { error, isExpected } = failed(failure);

    expect(error.status).toBe(500);
    expect(error.detail).toContain('req-1');
    expect(error.detail).not.toContain('secret');
    expect(isExpected).toBe(false);
  });

  it.each([
    ['/scim/v2/Nothing?x', 404, undefined],
    ['/nowhere', 404, undefined],
    ['/scim/v9/Users', 400, 'invalidVers'],
  ])('[ETG-06] is told by the URL where nothing is: %s', (url, status, scimType) => {
    const { error } = failed({ statusCode: 404 }, url);

    expect(error).toMatchObject({ status, scimType });
    expect(error.detail).not.toContain('?');
  });
});

function failed(failure: unknown, url = '/scim/v2/Users') {
  // Only what is read of a request is given.
  const request = { id: 'req-1', url, method: 'GET' } as FastifyRequest;
  return toScimError(failure, request, 1024);
}
