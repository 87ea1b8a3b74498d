// What happens to a request before any controller: parsing, authentication, limits, headers. It works on Fastify
// itself, so that nothing is read or answered before the client is known.
import { isUtf8 } from 'node:buffer';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../config/config.js';
import type { Json } from '../scim/json.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import { assertSafeJson } from '../scim/safe-json.js';
import type { ScimAuth } from './auth/scim-auth.js';
import { acceptsScim } from './scim/scim-request.js';
import { methodsOf, parseScimPath, shownPath, type ScimPath } from './scim/scim-url.js';

const JSON_TYPES = ['application/scim+json', 'application/json'];

// Answers are data: nothing in them is to be run, framed or sniffed.
const HEADERS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  originAgentCluster: false,
};

/** Whether clients are answered yet: the port is open a little before. */
export interface Doors {
  areOpen: boolean;
}

const SECONDS_TO_START = 2;

export async function installHooks(
  fastify: FastifyInstance,
  config: Config,
  auth: ScimAuth,
  doors: Readonly<Doors>,
): Promise<void> {
  const headers = securityHeaders();
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
  fastify.addHook('onRequest', (request) => authenticate(request, auth, doors));
  if (config.logLevel !== 'silent') fastify.addHook('onResponse', logRequest);
  endConnectionsAtShutdown(fastify);
  if (config.rateLimit > 0) await installRateLimit(fastify, config.rateLimit);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    try {
      done(null, parseJson(textOf(body)));
    } catch (error) {
      done(error as Error);
    }
  });
}

// They are the same for every answer: the library writes them once.
function securityHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  // All that the library uses of a response.
  helmet(HEADERS)({} as IncomingMessage, response as unknown as ServerResponse, () => undefined);
  return headers;
}

// RFC 7644 §3.8: JSON is UTF-8; other bytes would be replaced silently.
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw scimErrors.invalidSyntax('The body is not well-formed UTF-8.');
  return body.toString();
}

function parseJson(text: string): Json | undefined {
  if (text === '') return undefined;
  let body: Json;
  try {
    body = JSON.parse(text) as Json;
  } catch {
    // The parser's own text would repeat a piece of the body.
    throw scimErrors.invalidSyntax('The body is not well-formed JSON.');
  }
  assertSafeJson(body);
  return body;
}

// Told here for every path at once: a router knows only the routes that exist.
function refuseOtherMethods({ method }: FastifyRequest, path: ScimPath): void {
  const methods = methodsOf(path);
  const asked = method === 'HEAD' ? 'GET' : method;
  if (methods.length > 0 && !methods.includes(asked)) throw scimErrors.methodNotAllowed(methods);
}

// Without the query, which may hold personal values, and without headers, which hold the token.
async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const entry = {
    method: request.method,
    path: shownPath(request.url),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    tenant: request.principal?.tenant.slug,
  };
  request.log.info(entry, 'request');
}

// Fastify tells this to requests that arrive while it closes. The connection of one that was in flight would stay open
// until its keep-alive time is over, and the shutdown would wait for it.
function endConnectionsAtShutdown(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
}

async function authenticate(request: FastifyRequest, auth: ScimAuth, doors: Readonly<Doors>): Promise<void> {
  const path = parseScimPath(request.url);
  if (path) {
    if (!doors.areOpen) throw scimErrors.unavailable('This process does not answer yet.', SECONDS_TO_START);
    if (!acceptsScim(request.headers.accept)) throw scimErrors.notAcceptable();
    // RFC 7643 §5 wants the authentication schemes readable before authentication (DEC DIS-07).
    const isOpen = request.method === 'GET' && path.segments.join('/') === 'ServiceProviderConfig';
    if (isOpen && request.headers.authorization === undefined) return;
    request.principal = await auth.authenticate(request, path.tenant);
    refuseOtherMethods(request, path);
  } else if (request.routeOptions.url?.includes('/scim/v2')) {
    // The router decodes a path before it matches; whoever spells one otherwise has not been authenticated.
    throw scimErrors.endpointNotFound(shownPath(request.url));
  }
}

async function installRateLimit(fastify: FastifyInstance, perSecond: number): Promise<void> {
  await fastify.register(rateLimit, {
    global: true,
    max: perSecond,
    timeWindow: 1000,
    keyGenerator: (request) => request.principal?.tenant.slug ?? request.ip,
    allowList: (request) => request.principal === undefined,
    errorResponseBuilder: (_request, { ttl }) =>
      scimErrors.tooManyRequests(Math.max(1, Math.ceil(ttl / 1000))),
  });
}
