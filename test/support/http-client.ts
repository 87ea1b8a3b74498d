// Speaks to a server that runs in another process as `startApp` speaks to one in this process.
import type { App, Reply, RequestHeaders } from './app.js';

export interface Endpoint {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly tenantUrl: string;
  readonly token: string;
  readonly adminToken: string;
}

/** The requests of an app, with its default headers, to any server. */
export function clientOf({ url, tenantUrl, token, adminToken }: Endpoint): Pick<App, 'request' | 'admin'> {
  return {
    request: (method, path, body, headers) =>
      exchange(tenantUrl + path, method, body, {
        ...usual(token, body, 'application/scim+json'),
        ...headers,
      }),
    admin: (method, path, body, headers) =>
      exchange(`${url}/admin/v1${path}`, method, body, {
        ...usual(adminToken, body, 'application/json'),
        ...headers,
      }),
  };
}

function usual(token: string, body: unknown, mediaType: string): RequestHeaders {
  return {
    authorization: `Bearer ${token}`,
    accept: mediaType,
    ...(body === undefined ? {} : { 'content-type': mediaType }),
  };
}

async function exchange(url: string, method: string, body: unknown, headers: RequestHeaders): Promise<Reply> {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) if (value !== null) sent.set(name, value);
  const init = { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text || '{}'), text };
}
