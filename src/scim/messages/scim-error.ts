import { ERROR_URN } from './urns.js';

/** RFC 7644 §3.12, Table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive';

interface ScimErrorParts {
  readonly scimType?: ScimType;
  readonly attribute?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A refusal that the client may see. Built only through {@link scimErrors}, so that every refusal of the
 * product stands in one table.
 */
export class ScimError extends Error {
  readonly status: number;
  readonly detail: string;
  readonly scimType: ScimType | undefined;
  /** Canonical notation of the attribute concerned, where there is one. */
  readonly attribute: string | undefined;
  /** Response headers that belong to this refusal. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, parts: ScimErrorParts = {}) {
    super(detail);
    this.name = 'ScimError';
    this.status = status;
    this.detail = detail;
    this.scimType = parts.scimType;
    this.attribute = parts.attribute;
    this.headers = parts.headers ?? {};
  }

  /** The error message of RFC 7644 §3.12; `status` is a string there. */
  toBody(): Readonly<Record<string, string | readonly string[]>> {
    return {
      schemas: [ERROR_URN],
      status: String(this.status),
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
      detail: this.detail,
    };
  }
}

const LONGEST_ECHO = 120;

/** A client's text in quotes, cut so that no answer grows with what was sent. */
export function quoted(text: string): string {
  return text.length > LONGEST_ECHO
    ? `'${text.slice(0, LONGEST_ECHO).toWellFormed()}…'`
    : `'${text.toWellFormed()}'`;
}

/** Every refusal, by name. `detail` says what was wrong, where, and what would be accepted. */
export const scimErrors = {
  /** @param offset zero-based position in the filter text */
  invalidFilter: (problem: string, offset?: number): ScimError =>
    new ScimError(
      400,
      offset === undefined
        ? `Invalid filter: ${problem}.`
        : `Invalid filter at offset ${offset}: ${problem}.`,
      { scimType: 'invalidFilter' },
    ),

  invalidPath: (path: string, problem: string): ScimError =>
    new ScimError(400, `Invalid path ${quoted(path)}: ${problem}.`, {
      scimType: 'invalidPath',
      attribute: path,
    }),

  noTarget: (path: string | undefined, expected: string): ScimError =>
    new ScimError(
      400,
      path === undefined
        ? `The operation has no path: ${expected}.`
        : `The path ${quoted(path)} matches nothing to act on: ${expected}.`,
      { scimType: 'noTarget', ...(path === undefined ? {} : { attribute: path }) },
    ),

  mutability: (attributePath: string, reason: string): ScimError =>
    new ScimError(400, `Attribute '${attributePath}' cannot be changed this way: ${reason}.`, {
      scimType: 'mutability',
      attribute: attributePath,
    }),

  invalidValue: (attributePath: string, expected: string): ScimError =>
    new ScimError(400, `The value of '${attributePath}' is not accepted: expected ${expected}.`, {
      scimType: 'invalidValue',
      attribute: attributePath,
    }),

  required: (attributePath: string): ScimError =>
    new ScimError(400, `Attribute '${attributePath}' is required and must have a non-empty value.`, {
      scimType: 'invalidValue',
      attribute: attributePath,
    }),

  invalidSyntax: (detail: string): ScimError => new ScimError(400, detail, { scimType: 'invalidSyntax' }),

  // RFC 7644 §3.3 demands 409 although Table 9 lists the keyword under 400.
  uniqueness: (attributePath: string, value: string): ScimError =>
    new ScimError(409, `${attributePath} ${quoted(value)} is already in use.`, {
      scimType: 'uniqueness',
      attribute: attributePath,
    }),

  tooMany: (limit: string): ScimError =>
    new ScimError(400, `The query asks for more than the server is willing to compute: ${limit}.`, {
      scimType: 'tooMany',
    }),

  // RFC 7644 §7.5.2 says 403, Table 9 lists the keyword under 400.
  sensitive: (attributePath: string): ScimError =>
    new ScimError(403, `Attribute '${attributePath}' is secret and cannot be used in a filter.`, {
      scimType: 'sensitive',
      attribute: attributePath,
    }),

  invalidVers: (version: string): ScimError =>
    new ScimError(400, `Protocol version ${quoted(version)} is not supported: use v2.`, {
      scimType: 'invalidVers',
    }),

  unauthorized: (detail = 'A valid bearer token is required in the Authorization header.'): ScimError =>
    new ScimError(401, detail, { headers: { 'WWW-Authenticate': 'Bearer realm="scim"' } }),

  forbidden: (detail: string): ScimError => new ScimError(403, detail),

  notFound: (resourceType: string, id: string): ScimError =>
    new ScimError(404, `${resourceType} ${quoted(id)} does not exist.`),

  endpointNotFound: (path: string): ScimError =>
    new ScimError(404, `There is no endpoint at ${quoted(path)}.`),

  methodNotAllowed: (allow: readonly string[]): ScimError =>
    new ScimError(405, `This method is not supported here: use ${allow.join(', ')}.`, {
      headers: { Allow: allow.join(', ') },
    }),

  notAcceptable: (): ScimError =>
    new ScimError(
      406,
      'Answers are application/scim+json: the Accept header must allow it or application/json.',
    ),

  preconditionFailed: (version?: string): ScimError =>
    new ScimError(
      412,
      version === undefined
        ? 'The resource does not have the version that If-Match names.'
        : `The resource does not have the version that If-Match names: it is ${version} now.`,
    ),

  /** @param limit names the limit and its figure, for example `1048576 bytes for a request body` */
  payloadTooLarge: (limit: string): ScimError =>
    new ScimError(413, `The request exceeds the limit of ${limit}.`),

  unsupportedMediaType: (): ScimError =>
    new ScimError(415, 'The body must be application/scim+json or application/json in UTF-8.'),

  tooManyRequests: (retryAfterSeconds: number): ScimError =>
    new ScimError(429, `Too many requests: try again in ${retryAfterSeconds} s.`, {
      headers: { 'Retry-After': String(retryAfterSeconds) },
    }),

  /** @param requestId lets an operator find the log entry; internals never reach the client */
  internal: (requestId?: string): ScimError =>
    new ScimError(
      500,
      requestId === undefined
        ? 'The server failed to process the request; nothing was changed.'
        : `The server failed to process the request; ask the operator about request ${requestId}.`,
    ),

  notImplemented: (feature: string): ScimError =>
    new ScimError(501, `${feature} is not supported by this server.`),

  unavailable: (reason: string, retryAfterSeconds: number): ScimError =>
    new ScimError(503, `${reason} Try again in ${retryAfterSeconds} s.`, {
      headers: { 'Retry-After': String(retryAfterSeconds) },
    }),
} as const;
