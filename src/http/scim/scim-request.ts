// What a controller needs of a request: its tenant, its command context, the base of its URLs.
import type { FastifyRequest } from 'fastify';
import type { CommandContext, RequestInfo } from '../../event-store/envelope/command-context.js';
import { uuidV7 } from '../../event-store/envelope/uuid.js';
import { ENTRA_LENIENCIES, STRICT, type LeniencySet } from '../../scim/leniency.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import type { Principal } from '../auth/principal.js';
import type { RequiredVersion } from '../../commands/resource-command.js';
import { shownPath } from './scim-url.js';

/** Headers by which clients trace their own requests; kept with every event. */
const CORRELATION_HEADERS = [
  'x-ms-correlation-id',
  'x-ms-request-id',
  'client-request-id',
  'x-correlation-id',
  'x-request-id',
  'traceparent',
];
const LONGEST_HEADER = 256;

/** @throws ScimError 401 when the request is anonymous */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw scimErrors.unauthorized();
  return request.principal;
}

/** What a tenant's profile lets pass. */
export function leniencySetOf(profile: string): LeniencySet {
  return profile === 'strict' ? STRICT : ENTRA_LENIENCIES;
}

/** Base URL of the SCIM API as the client knows it, without trailing slash and never with a query. */
export function scimBaseUrl(request: FastifyRequest, publicUrl: string | undefined): string {
  const origin = publicUrl ?? `${request.protocol}://${request.host}`;
  const [path = ''] = request.url.split('?', 1);
  const end = path.indexOf('/scim/v2') + '/scim/v2'.length;
  return origin + path.slice(0, end);
}

/** The context of a command that a request asks for. */
export function commandContext(request: FastifyRequest): CommandContext {
  const { tenant, actor } = principalOf(request);
  return {
    // The audit's index holds it, as it holds the request's id: in order of time it grows at its end.
    commandId: uuidV7(),
    correlationId: request.id,
    tenant: tenant.slug,
    actor,
    request: requestInfo(request),
    occurredAt: new Date().toISOString(),
  };
}

function requestInfo(request: FastifyRequest): RequestInfo {
  const correlation = CORRELATION_HEADERS.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value.slice(0, LONGEST_HEADER)] as const] : [];
  });
  const userAgent = request.headers['user-agent'];
  return {
    id: request.id,
    method: request.method,
    path: shownPath(request.url),
    ip: request.ip,
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, LONGEST_HEADER) }),
    ...(correlation.length === 0 ? {} : { correlation: Object.fromEntries(correlation) }),
  };
}

const ENTITY_TAG = /^(?:W\/)?"(\d+)"$/;

/** The revisions that an `If-Match` or `If-None-Match` header names; compared weakly (DEC ETG-03). */
export function versionsOf(header: string | undefined): RequiredVersion | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  // A tag that is none of ours matches nothing.
  return header.split(',').map((tag) => Number(ENTITY_TAG.exec(tag.trim())?.[1] ?? -1));
}

const SERVED = new Set(['application/scim+json', 'application/json', 'application/*', '*/*']);

/** Whether an Accept header lets us answer with SCIM's media type (RFC 7644 §3.8). */
export function acceptsScim(header: string | undefined): boolean {
  if (header === undefined || header.trim() === '') return true;
  return header.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return SERVED.has(type) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
