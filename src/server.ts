// One running server: state opened, application wired, first tenant there, port open.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController, type FastifyReply } from 'fastify';
import { pino, type Logger } from 'pino';
import { AppModule } from './app.module.js';
import { expiringTokens, warnOfExpiry, type ExpiringToken } from './expiring-tokens.js';
import { DEFAULT_TENANT, firstStart } from './first-start.js';
import { ConfigError, readConfig, type Config } from './config/config.js';
import { uuidV7 } from './event-store/envelope/uuid.js';
import { ScimAuth } from './http/auth/scim-auth.js';
import { ErrorFilter } from './http/error.filter.js';
import { installHooks, type Doors } from './http/hooks.js';
import { SCIM_MEDIA_TYPE, sendScimError } from './http/scim/scim-reply.js';
import type { Ledger } from './ledger/ledger.js';
import { openLedger, readModelsBuilt } from './ledger/open-ledger.js';
import { DirectoryReader } from './projections/directory/directory.reader.js';
import { ScimError, scimErrors } from './scim/messages/scim-error.js';

export interface Server {
  /** For example `http://127.0.0.1:3000`. */
  readonly url: string;
  /** What an administrator pastes into Entra as Tenant URL. */
  readonly tenantUrl: string;
  /** What goes with it as Secret Token; only when it was made at this start. */
  readonly secretToken: string | undefined;
  readonly adminToken: string;
  /** Tokens of which the operator is to be warned at the start. */
  readonly expiringTokens: readonly ExpiringToken[];
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
  const tls = config.tls && tlsOptions(config.tls);
  const ledger = await openLedger(config, logger);
  try {
    const adminToken = config.adminToken ?? keptAdminToken(config);
    const doors: Doors = { areOpen: false };
    const app = await createApp({ config, ledger, adminToken, logger, tls, doors });
    // The port first: a secret that is shown once must not be made by a start that fails.
    await listen(app, config);
    const welcome = await welcomeClients(app, config, ledger, withFirstStart);
    doors.areOpen = config.role !== 'projector';
    const url = await ownUrl(app);
    ledger.lock?.announce(url);
    // A server that is opened for one command warns nobody.
    const stopWarning = withFirstStart ? welcome.warn(logger) : undefined;
    const tenantUrl = `${config.publicUrl ?? url}/scim/v2`;
    const close = async (): Promise<void> => {
      logger.info('stopping: requests in flight are finished');
      stopWarning?.();
      const deadline = setTimeout(() => closeAllConnections(app), SHUTDOWN_DEADLINE_MS).unref();
      await app.close();
      clearTimeout(deadline);
      await ledger.close();
      logger.info('stopped');
    };
    const { secretToken, expiringTokens: expiring } = welcome;
    return { url, tenantUrl, secretToken, adminToken, expiringTokens: expiring, close };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

interface Welcome {
  readonly secretToken: string | undefined;
  readonly expiringTokens: readonly ExpiringToken[];
  /** Begins to warn of tokens that expire; what it returns ends that. */
  readonly warn: (logger: Logger) => (() => void) | undefined;
}

const NOBODY_ASKS: Welcome = { secretToken: undefined, expiringTokens: [], warn: () => undefined };

/** What a process that answers clients does once, before it does. */
async function welcomeClients(
  app: NestFastifyApplication,
  config: Config,
  ledger: Ledger,
  withFirstStart: boolean,
): Promise<Welcome> {
  if (config.role === 'projector') return NOBODY_ASKS;
  await readModelsBuilt(ledger);
  const secretToken = withFirstStart ? await firstStart(app, config) : undefined;
  const directory = app.get(DirectoryReader);
  return {
    secretToken,
    expiringTokens: await expiringTokens(directory, DEFAULT_TENANT),
    warn: (logger) => warnOfExpiry(directory, DEFAULT_TENANT, logger),
  };
}

interface AppParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly adminToken: string;
  readonly logger: Logger;
  readonly tls: ReturnType<typeof tlsOptions> | undefined;
  readonly doors: Readonly<Doors>;
}

async function createApp({
  config,
  ledger,
  adminToken,
  logger,
  tls,
  doors,
}: AppParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: uuidV7,
    bodyLimit: config.bodyLimit,
    // A URL that cannot be decoded reaches neither a route nor the error filter.
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply) =>
      sendScimError(reply, UNREADABLE_URL),
    // Nothing here is Express middleware.
    skipMiddie: true,
    // A client that never finishes its request keeps nobody waiting.
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: refuseUnreadable,
    // Requests in flight are finished at shutdown; connections that wait for nothing are closed.
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    ...(config.trustProxy === undefined ? {} : { trustProxy: trustOf(config.trustProxy) }),
    ...(tls ? { https: tls } : {}),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, ledger, adminToken),
    adapter,
    { logger: false, abortOnError: false, bodyParser: false },
  );
  await installHooks(adapter.getInstance(), config, app.get(ScimAuth), doors);
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

const REQUEST_TIMEOUT_MS = 60_000;
const SHUTDOWN_DEADLINE_MS = 20_000;

function closeAllConnections(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().server.closeAllConnections();
}

// What is no HTTP, or more of it than a header may hold, reaches no route: it is answered on the socket itself.
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const detail = 'The request could not be read: its URL and headers may hold 16 KiB together.';
  const body = JSON.stringify(new ScimError(status, detail, { scimType: 'invalidSyntax' }).toBody());
  const head = [
    `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    `Content-Type: ${SCIM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const ADDRESS_ERRORS = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND']);

function trustOf(setting: string): boolean | string[] {
  return setting === 'true' ? true : setting.split(',').map((address) => address.trim());
}

function tlsOptions({ certFile, keyFile }: NonNullable<Config['tls']>) {
  const options = {
    cert: readSetting('TLS_CERT', certFile),
    key: readSetting('TLS_KEY', keyFile),
    minVersion: 'TLSv1.2' as const,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const message = `TLS_CERT, TLS_KEY: given '${certFile}', '${keyFile}'; accepted: a PEM certificate and its own key`;
    throw new ConfigError(message, { cause: error });
  }
  return options;
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
