// Starts the whole server on a free port and speaks to it over real HTTP, as any client would.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createServer } from '../../src/server.js';

/**
 * What tests read from an answer. Members are declared as present so that assertions stay short;
 * one that the server left out fails the assertion that reads it.
 */
export interface ScimBody {
  readonly schemas: readonly string[];
  readonly id: string;
  readonly externalId: string;
  readonly userName: string;
  readonly displayName: string;
  readonly active: boolean;
  readonly name: Readonly<Record<string, string>>;
  readonly emails: readonly MultiValue[];
  readonly phoneNumbers: readonly MultiValue[];
  readonly roles: readonly MultiValue[];
  readonly groups: readonly MultiValue[];
  readonly members: readonly MultiValue[];
  readonly addresses: readonly Readonly<Record<string, unknown>>[];
  readonly meta: {
    readonly resourceType: string;
    readonly created: string;
    readonly lastModified: string;
    readonly location: string;
    readonly version: string;
  };
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly ScimBody[];
  readonly status: string;
  readonly scimType: string;
  readonly detail: string;
  readonly 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'?: {
    readonly manager?: { readonly value: string };
  };
  /** Of a schema. */
  readonly attributes: readonly SchemaAttribute[];
  /** Of a resource type. */
  readonly schemaExtensions: readonly { readonly schema: string; readonly required: boolean }[];
  /** Of the service provider configuration. */
  readonly filter: { readonly supported: boolean; readonly maxResults: number };
  readonly authenticationSchemes: readonly Readonly<Record<string, unknown>>[];
  readonly [attribute: string]: unknown;
}

export interface MultiValue {
  readonly value: string;
  readonly type: string;
  readonly display: string;
  readonly primary: boolean;
  readonly $ref: string;
}

export interface SchemaAttribute {
  readonly name: string;
  readonly type: string;
  readonly caseExact?: boolean;
  readonly uniqueness?: string;
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly SchemaAttribute[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; an empty object when there is none. */
  readonly body: ScimBody;
  readonly text: string;
}

/** A header set to `null` is not sent, not even with its default value. */
export type RequestHeaders = Readonly<Record<string, string | null>>;

export interface AppOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A directory that outlives this app. Without it a fresh one is made, and removed by `stop`. */
  readonly dataDir?: string;
  /** The profile that the tenant `default` gets at its first start. */
  readonly profile?: 'default' | 'strict';
  /**
   * Where events and read models live: `memory` for speed, `sqlite` when the test is about files.
   * The environment variable TEST_STORES changes the default, so that every suite can run on files.
   */
  readonly stores?: 'memory' | 'sqlite';
}

export interface App {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  /** The SCIM base URL: `…/scim/v2`. */
  readonly tenantUrl: string;
  readonly token: string;
  readonly adminToken: string;
  readonly dataDir: string;
  /** One request to the SCIM API; a string or bytes as body are sent as they are, anything else as JSON. */
  request(method: string, path: string, body?: unknown, headers?: RequestHeaders): Promise<Reply>;
  /** One request to `/admin/v1`. */
  admin(method: string, path: string, body?: unknown, headers?: RequestHeaders): Promise<Reply>;
  stop(): Promise<void>;
}

export async function startApp(options: AppOptions = {}): Promise<App> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'scim-ledger-test-')));
  const stores = options.stores ?? process.env['TEST_STORES'] ?? 'memory';
  const token = options.env?.['SCIM_TOKEN'] ?? randomBytes(32).toString('base64url');
  const adminToken = options.env?.['ADMIN_TOKEN'] ?? randomBytes(32).toString('base64url');
  const removeOwnDir = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  const server = await createServer({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATA_DIR: dataDir,
    EVENT_STORE: stores,
    READ_MODEL: stores,
    SCIM_TOKEN: token,
    ADMIN_TOKEN: adminToken,
    ...(options.profile === undefined ? {} : { DEFAULT_TENANT_PROFILE: options.profile }),
    ...options.env,
  }).catch(async (error: unknown) => {
    await removeOwnDir();
    throw error;
  });

  return {
    url: server.url,
    tenantUrl: server.tenantUrl,
    token,
    adminToken,
    dataDir,
    request: (method, path, body, headers) =>
      exchange(server.tenantUrl, method, path, body, {
        ...defaultHeaders(token, body, SCIM_JSON),
        ...headers,
      }),
    admin: (method, path, body, headers) =>
      exchange(`${server.url}/admin/v1`, method, path, body, {
        ...defaultHeaders(adminToken, body, 'application/json'),
        ...headers,
      }),
    stop: async () => {
      await server.close();
      await removeOwnDir();
    },
  };
}

const SCIM_JSON = 'application/scim+json';

function defaultHeaders(token: string, body: unknown, mediaType: string): RequestHeaders {
  return {
    authorization: `Bearer ${token}`,
    accept: mediaType,
    ...(body === undefined ? {} : { 'content-type': mediaType }),
  };
}

async function exchange(
  baseUrl: string,
  method: string,
  path: string,
  body: unknown,
  headers: RequestHeaders,
): Promise<Reply> {
  const url = /^https?:/.test(path) ? path : baseUrl + path;
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) if (value !== null) sent.set(name, value);

  const response = await fetch(url, { method, headers: sent, ...bodyInit(body), redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text), text };
}

function bodyInit(body: unknown): { body?: string | Uint8Array<ArrayBuffer> } {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body };
  if (body instanceof Uint8Array) return { body: new Uint8Array(body) };
  return { body: JSON.stringify(body) };
}

function parse(text: string): ScimBody {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse('{}');
  }
}
