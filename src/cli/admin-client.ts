// How a command reaches the ledger: through the process that owns the data directory, or by opening it itself. Either
// way it speaks the admin API, so both do the same.
import { existsSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { isServer, readConfig, type Config } from '../config/config.js';
import { readOwner } from '../event-store/sqlite/data-dir-lock.js';
import { CliFailure, EXIT_PROBLEM, EXIT_UNREACHABLE } from './failure.js';

export interface AdminClient {
  /** @throws CliFailure when the answer is an error */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** Runs `work` with a client, and closes what was opened for it. */
export async function withAdminClient<T>(work: (client: AdminClient) => Promise<T>): Promise<T> {
  const config = readConfig(process.env);
  if (isServer(config.eventStore))
    return work(new HttpAdminClient(addressOf(config), config.adminToken ?? '', { isOwn: false }));
  const owner = readOwner(config.dataDir);
  if (owner) {
    if (owner.address === undefined) {
      throw new CliFailure(
        EXIT_UNREACHABLE,
        `process ${owner.pid} owns ${config.dataDir} and is not ready yet`,
      );
    }
    const token = config.adminToken ?? readAdminKey(config.dataDir);
    return work(new HttpAdminClient(owner.address, token));
  }
  if (!existsSync(join(config.dataDir, 'log.sqlite'))) {
    throw new CliFailure(
      EXIT_PROBLEM,
      `${config.dataDir} holds no ledger: set DATA_DIR to that of the server`,
    );
  }
  // Loaded only here: most commands speak to a running server.
  const { createServer } = await import('../server.js');
  const environment = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    TLS_CERT: undefined,
    TLS_KEY: undefined,
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
  };
  const server = await createServer(environment, { withFirstStart: false });
  try {
    return await work(new HttpAdminClient(server.url, server.adminToken));
  } finally {
    await server.close();
  }
}

// Where many processes share a log, any of them does; ADMIN_URL names one.
function addressOf({ host, port, tls }: Config): string {
  const given = process.env['ADMIN_URL'];
  if (given !== undefined && given !== '') return given;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}

function readAdminKey(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'admin.key'), 'utf8').trim();
  } catch {
    throw new CliFailure(
      EXIT_UNREACHABLE,
      `${join(dataDir, 'admin.key')} cannot be read: run as the server's user, or set ADMIN_TOKEN`,
    );
  }
}

class HttpAdminClient implements AdminClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
    private readonly server: { readonly isOwn: boolean } = { isOwn: true },
  ) {}

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.#send(method, path, body);
    if (status < 400) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw new CliFailure(EXIT_PROBLEM, titleOf(text) ?? `the server answered ${status}`);
  }

  #send(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const url = new URL(`/admin/v1${path}`, this.baseUrl);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const isTls = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      // The owner's address comes from its own data directory and is this machine: its certificate names another host.
      const options = {
        method,
        headers,
        ...(isTls && this.server.isOwn ? { rejectUnauthorized: false } : {}),
      };
      const request = (isTls ? httpsRequest : httpRequest)(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        response.on('error', reject);
      });
      request.on('error', (error) =>
        reject(new CliFailure(EXIT_UNREACHABLE, `${this.baseUrl} cannot be reached: ${error.message}`)),
      );
      request.end(payload);
    });
  }
}

function titleOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { title?: string }).title;
  } catch {
    return undefined;
  }
}
