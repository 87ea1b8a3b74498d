import { describe, expect, it } from '@jest/globals';
import { isId, methodsOf, parseScimPath, shownPath } from './scim-url.js';

describe('a path of the SCIM API', () => {
  it.each([
    ['/scim/v2', undefined, 'v2', []],
    ['/scim/v2/', undefined, 'v2', []],
    ['/scim/v2/Users?filter=a/b', undefined, 'v2', ['Users']],
    ['/scim/v2/Users/', undefined, 'v2', ['Users']],
    ['/scim/v2//Users', undefined, 'v2', ['Users']],
    ['/scim/v9/Users/1', undefined, 'v9', ['Users', '1']],
    ['/t/acme/scim/v2/Groups/.search', 'acme', 'v2', ['Groups', '.search']],
  ])('%s is told from its parts', (url, tenant, version, segments) => {
    expect(parseScimPath(url)).toEqual({ tenant, version, segments });
  });

  it.each([
    '/',
    '/scim',
    '/scim/users',
    '/scim/v2x',
    '/t/scim/v2',
    '/t/a/b/scim/v2',
    '/admin/v1',
    '/x/scim/v2',
  ])('%s is none', (url) => {
    expect(parseScimPath(url)).toBeUndefined();
  });
});

describe('[ERR-04] the methods of a path', () => {
  it.each([
    ['', ['GET']],
    ['/.search', ['POST']],
    ['/.search/x', []],
    ['/ServiceProviderConfig', ['GET']],
    ['/ResourceTypes', ['GET']],
    ['/ResourceTypes/User', ['GET']],
    ['/Schemas/urn:x', ['GET']],
    ['/Users', ['GET', 'POST']],
    ['/Users/1', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['/Groups/1', ['GET', 'PUT', 'PATCH', 'DELETE']],
    ['/Users/.search', ['POST']],
    ['/Users/1/groups', []],
    ['/users', []],
    ['/Devices', []],
  ])('%s: %j', (path, methods) => {
    expect(methodsOf(parseScimPath(`/scim/v2${path}`)!)).toEqual(methods);
  });
});

describe('a path as logs may show it', () => {
  const ID = '0f0e0d0c-0b0a-4908-8706-050403020100';

  it.each([
    [`/scim/v2/Users/${ID}`, `/scim/v2/Users/${ID}`],
    ['/scim/v2/Users/ada@example.com', '/scim/v2/Users/…'],
    ['/scim/v2/ada@example.com', '/scim/v2/…'],
    ['/scim/v2/Users?filter=userName%20eq%20"ada"', '/scim/v2/Users'],
    [`/t/acme/scim/v2/Groups/${ID}?x`, `/t/acme/scim/v2/Groups/${ID}`],
    ['/scim/v2/Users/.search', '/scim/v2/Users/.search'],
    ['/scim/v2/ServiceProviderConfig', '/scim/v2/ServiceProviderConfig'],
    ['/scim/v2/', '/scim/v2'],
    ['/admin/v1/tokens?tenant=acme', '/admin/v1/tokens'],
    ['', ''],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownPath(url)).toBe(shown);
  });

  it('shows ids in any letter case, and nothing that only begins like one', () => {
    expect(isId(ID.toUpperCase())).toBe(true);
    expect(isId(`${ID}x`)).toBe(false);
    expect(isId('')).toBe(false);
  });
});
