// One running server: state opened, application wired, first tenant there, port open.
import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController, type FastifyReply } from 'fastify';
import { pino, type Logger } from 'pino';
import { AppModule } from './app.module.js';
import { firstStart } from './first-start.js';
import { ConfigError, readConfig, type Config } from './config/config.js';
import { ScimAuth } from './http/auth/scim-auth.js';
import { ErrorFilter } from './http/error.filter.js';
import { installHooks } from './http/hooks.js';
import { sendScimError } from './http/scim/scim-reply.js';
import { openLedger, type Ledger } from './ledger.js';
import { scimErrors } from './scim/messages/scim-error.js';

export interface Server {
  /** For example `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What an administrator pastes into Entra as Tenant URL. */
  readonly tenantUrl: string;
  /** What goes with it as Secret Token; only when it was made at this start. */
  readonly secretToken: string | undefined;
  readonly adminToken: string;
  /** Takes no new requests, finishes those in flight, then closes everything. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Makes the first tenant and its token when there is none. Default true. */
  readonly withFirstStart?: boolean;
}

/**
 * Starts a server with settings from environment variables.
 * @throws ConfigError, DataDirInUse, SecretKeyError before the port opens
 */
export async function createServer(
  environment: Readonly<Record<string, string | undefined>>,
  { withFirstStart = true }: ServerOptions = {},
): Promise<Server> {
  const config = readConfig(environment);
  const logger = pino({ level: config.logLevel }, pino.destination(2));
  const ledger = await openLedger(config, logger);
  try {
    const adminToken = config.adminToken ?? keptAdminToken(config);
    const app = await createApp(config, ledger, adminToken, logger);
    const secretToken = withFirstStart ? await firstStart(app, config) : undefined;
    await listen(app, config);
    const url = await ownUrl(app);
    ledger.lock?.announce(url);
    const tenantUrl = `${config.publicUrl ?? url}/scim/v2`;
    const close = async (): Promise<void> => {
      await app.close();
      await ledger.close();
    };
    return { url, tenantUrl, secretToken, adminToken, close };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function createApp(
  config: Config,
  ledger: Ledger,
  adminToken: string,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: config.bodyLimit,
    // A URL that cannot be decoded reaches neither a route nor the error filter.
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply) =>
      sendScimError(reply, UNREADABLE_URL),
    // Requests in flight are finished at shutdown; connections that wait for nothing are closed.
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    ...(config.trustProxy === undefined ? {} : { trustProxy: trustOf(config.trustProxy) }),
    ...(config.tls ? { https: tlsOptions(config.tls) } : {}),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, ledger, adminToken),
    adapter,
    { logger: false, abortOnError: false, bodyParser: false },
  );
  await installHooks(adapter.getInstance(), config, app.get(ScimAuth));
  app.useGlobalFilters(app.get(ErrorFilter));
  await app.init();
  return app;
}

const UNREADABLE_URL = scimErrors.invalidSyntax('The URL cannot be decoded: check its percent-encoding.');

async function listen(app: NestFastifyApplication, { host, port }: Config): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!ADDRESS_ERRORS.has(code)) throw error;
    throw new ConfigError(
      `HOST, PORT: given ${host}:${port} (${code}); accepted: a free address of this machine`,
      {
        cause: error,
      },
    );
  }
}

const ADDRESS_ERRORS = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND']);

function trustOf(setting: string): boolean | string[] {
  return setting === 'true' ? true : setting.split(',').map((address) => address.trim());
}

function tlsOptions({ certFile, keyFile }: NonNullable<Config['tls']>) {
  return {
    cert: readSetting('TLS_CERT', certFile),
    key: readSetting('TLS_KEY', keyFile),
    minVersion: 'TLSv1.2' as const,
  };
}

function readSetting(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new ConfigError(`${variable}: given '${file}'; accepted: the path of a readable PEM file`);
  }
}

/** The admin token, kept in the data directory so that the command line finds it. */
function keptAdminToken({ dataDir, eventStore, readModel }: Config): string {
  const token = randomBytes(32).toString('base64url');
  if (eventStore === 'memory' && readModel === 'memory') return token;
  const file = join(dataDir, 'admin.key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

async function ownUrl(app: NestFastifyApplication): Promise<string> {
  const url = await app.getUrl();
  return url.replace('[::1]', '127.0.0.1').replace(/\/+$/, '');
}
