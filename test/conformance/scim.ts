// The words of the protocol and the few requests that nearly every conformance test starts with.
import { expect } from '@jest/globals';

import type { App, Reply, RequestHeaders, ScimBody } from '../support/app.js';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const SEARCH_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A well-formed id that belongs to nothing. */
export const NOBODY = 'b7c1f6de-5f0e-4f0b-9a53-0d6f2f9d8a11';

type Attributes = Readonly<Record<string, unknown>>;
type Operation = Readonly<Record<string, unknown>>;

let counter = 0;

/** A name no other test of this run uses. */
export function unique(prefix = 'user'): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

export function userBody(attributes: Attributes = {}): Attributes {
  return { schemas: [USER], userName: unique(), ...attributes };
}

export function enterpriseUserBody(enterprise: Attributes, attributes: Attributes = {}): Attributes {
  return userBody({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: enterprise, ...attributes });
}

export function groupBody(attributes: Attributes = {}): Attributes {
  return { schemas: [GROUP], displayName: unique('Group'), ...attributes };
}

export async function createUser(app: App, attributes: Attributes = {}): Promise<ScimBody> {
  return created(await app.request('POST', '/Users', userBody(attributes)));
}

export async function createGroup(app: App, attributes: Attributes = {}): Promise<ScimBody> {
  return created(await app.request('POST', '/Groups', groupBody(attributes)));
}

function created(reply: Reply): ScimBody {
  expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 201 });
  return reply.body;
}

/** `members` or any list of references from resources. */
export function references(...resources: readonly { readonly id: string }[]): { value: string }[] {
  return resources.map(({ id }) => ({ value: id }));
}

export function patchBody(...operations: readonly Operation[]): Attributes {
  return { schemas: [PATCH_OP], Operations: operations };
}

export function patch(app: App, path: string, ...operations: readonly Operation[]): Promise<Reply> {
  return app.request('PATCH', path, patchBody(...operations));
}

export async function read(app: App, path: string, headers?: RequestHeaders): Promise<ScimBody> {
  const reply = await app.request('GET', path, undefined, headers);
  expect({ path, status: reply.status, text: reply.text }).toMatchObject({ status: 200 });
  return reply.body;
}

/** `/Users?filter=…`, percent-encoded as Entra does it. */
export function filtered(endpoint: string, filter: string, more = ''): string {
  return `${endpoint}?filter=${encodeURIComponent(filter)}${more}`;
}

/** The ids a filter finds, sorted. */
export async function find(app: App, endpoint: string, filter: string): Promise<string[]> {
  const { Resources } = await read(app, filtered(endpoint, filter));
  return Resources.map(({ id }) => id).toSorted();
}

export function idsOf(...resources: readonly { readonly id: string }[]): string[] {
  return resources.map(({ id }) => id).toSorted();
}

/** RFC 7644 §3.12: the SCIM error body, whatever layer refused. */
export function expectError(reply: Reply, status: number, scimType?: string): void {
  const expected = {
    schemas: [ERROR],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
  };
  expect({ status: reply.status, body: reply.body }).toMatchObject({ status, body: expected });
  expect(typeof reply.body.detail).toBe('string');
  expect(reply.body.detail).not.toBe('');
  expect(mediaTypeOf(reply)).toBe('application/scim+json');
  if (scimType === undefined) expect(reply.body).not.toHaveProperty('scimType');
}

export function mediaTypeOf(reply: Reply): string | undefined {
  return reply.headers.get('content-type')?.split(';')[0];
}

/** `W/"3"` → 3. */
export function revisionOf(resource: ScimBody): number {
  return Number(/^W\/"(\d+)"$/.exec(resource.meta.version)?.[1]);
}
