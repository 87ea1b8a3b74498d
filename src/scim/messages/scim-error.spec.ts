import { describe, expect, it } from '@jest/globals';
import { quoted, type ScimError, scimErrors } from './scim-error.js';

describe('scimErrors', () => {
  it('[ERR-01] renders as an error message with the status as a string', () => {
    expect(scimErrors.uniqueness('userName', 'bjensen').toBody()).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '409',
      scimType: 'uniqueness',
      detail: "userName 'bjensen' is already in use.",
    });
  });

  it('leaves scimType out where the RFC defines none', () => {
    expect(scimErrors.notFound('User', 'x').toBody()).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '404',
      detail: "User 'x' does not exist.",
    });
  });

  it.each<[string, ScimError, number, string | undefined]>([
    ['invalidFilter', scimErrors.invalidFilter('x', 3), 400, 'invalidFilter'],
    ['invalidPath', scimErrors.invalidPath('x', 'y'), 400, 'invalidPath'],
    ['noTarget', scimErrors.noTarget('x', 'y'), 400, 'noTarget'],
    ['noTarget without path', scimErrors.noTarget(undefined, 'y'), 400, 'noTarget'],
    ['mutability', scimErrors.mutability('x', 'y'), 400, 'mutability'],
    ['invalidValue', scimErrors.invalidValue('x', 'y'), 400, 'invalidValue'],
    ['required', scimErrors.required('x'), 400, 'invalidValue'],
    ['invalidSyntax', scimErrors.invalidSyntax('x'), 400, 'invalidSyntax'],
    ['tooMany', scimErrors.tooMany('x'), 400, 'tooMany'],
    ['invalidVers', scimErrors.invalidVers('v9'), 400, 'invalidVers'],
    ['[SEC-04] sensitive', scimErrors.sensitive('password'), 403, 'sensitive'],
    ['unauthorized', scimErrors.unauthorized(), 401, undefined],
    ['forbidden', scimErrors.forbidden('x'), 403, undefined],
    ['endpointNotFound', scimErrors.endpointNotFound('/x'), 404, undefined],
    ['notAcceptable', scimErrors.notAcceptable(), 406, undefined],
    ['preconditionFailed', scimErrors.preconditionFailed('W/"1"'), 412, undefined],
    ['payloadTooLarge', scimErrors.payloadTooLarge('1 byte'), 413, undefined],
    ['unsupportedMediaType', scimErrors.unsupportedMediaType(), 415, undefined],
    ['internal', scimErrors.internal(), 500, undefined],
    ['notImplemented', scimErrors.notImplemented('Bulk'), 501, undefined],
    ['unavailable', scimErrors.unavailable('The store is away.', 5), 503, undefined],
  ])('%s has its status and keyword', (_name, error, status, scimType) => {
    expect(error.status).toBe(status);
    expect(error.scimType).toBe(scimType);
    expect(error.message).toBe(error.detail);
  });

  it('carries the headers that belong to the status', () => {
    expect(scimErrors.unauthorized().headers['WWW-Authenticate']).toMatch(/^Bearer/u);
    expect(scimErrors.methodNotAllowed(['GET', 'POST']).headers['Allow']).toBe('GET, POST');
    expect(scimErrors.tooManyRequests(7).headers['Retry-After']).toBe('7');
    expect(scimErrors.unavailable('Away.', 3).headers['Retry-After']).toBe('3');
  });

  it('cuts what the client sent and repairs ill-formed text', () => {
    expect(quoted('a'.repeat(500)).length).toBeLessThan(130);
    expect(quoted('\ud800').isWellFormed()).toBe(true);
  });
});
