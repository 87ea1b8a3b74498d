import 'reflect-metadata';
import { resolve } from 'node:path';
import { plainToInstance, Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min, MinLength, validateSync } from 'class-validator';

/** Exit code of a process whose settings are wrong (sysexits' EX_CONFIG). */
export const EXIT_CONFIG = 78;

/** A setting that cannot be used: names the variable, what was given and what is accepted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const ROLES = ['all', 'api', 'projector'] as const;
const toInteger = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;

const ACCEPTED_PORT = { message: 'accepted: a port number from 0 to 65535 (0 picks a free one)' };
const ACCEPTED_RATE = { message: 'accepted: a number of requests per second and tenant; 0 sets no limit' };
const ACCEPTED_BODY = { message: 'accepted: a number of bytes from 1024' };

const PROXIES = /^(true|[0-9a-fA-F.:]+(\/\d{1,3})?(\s*,\s*[0-9a-fA-F.:]+(\/\d{1,3})?)*)$/;

class Environment {
  HOST: string = '127.0.0.1';

  @Transform(toInteger)
  @IsInt(ACCEPTED_PORT)
  @Min(0, ACCEPTED_PORT)
  @Max(65535, ACCEPTED_PORT)
  PORT: number = 3000;

  @IsOptional()
  @Matches(/^https?:\/\/[^?#]+$/, { message: 'accepted: an http or https URL without query and fragment' })
  PUBLIC_URL?: string;

  @IsOptional()
  @Matches(PROXIES, { message: 'accepted: true, or addresses and networks separated by commas' })
  TRUST_PROXY?: string;

  @IsOptional()
  TLS_CERT?: string;

  @IsOptional()
  TLS_KEY?: string;

  DATA_DIR: string = './data';

  @Matches(/^(sqlite|memory|esdb(\+discover)?:\/\/\S+)$/, {
    message: 'accepted: sqlite, memory, or an esdb:// or esdb+discover:// connection string',
  })
  EVENT_STORE: string = 'sqlite';

  @Matches(/^(sqlite|memory|postgres(ql)?:\/\/\S+)$/, {
    message: 'accepted: sqlite, memory, or a postgres:// URL',
  })
  READ_MODEL: string = 'sqlite';

  @IsIn(ROLES, { message: `accepted: ${ROLES.join(', ')}` })
  ROLE: Role = 'all';

  @IsOptional()
  @MinLength(32, { message: 'accepted: 32 characters or more' })
  SCIM_TOKEN?: string;

  @IsOptional()
  @MinLength(32, { message: 'accepted: 32 characters or more' })
  ADMIN_TOKEN?: string;

  @IsOptional()
  @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'accepted: 32 bytes in base64 (44 characters)' })
  SECRET_KEY?: string;

  @IsIn(LOG_LEVELS, { message: `accepted: ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  @IsIn(['default', 'strict'], { message: 'accepted: default, strict' })
  DEFAULT_TENANT_PROFILE: 'default' | 'strict' = 'default';

  @IsIn(['on', 'off'], { message: 'accepted: on, off' })
  GROUP_COMMIT: 'on' | 'off' = 'on';

  @Transform(toInteger)
  @IsInt(ACCEPTED_RATE)
  @Min(0, ACCEPTED_RATE)
  RATE_LIMIT: number = 0;

  @Transform(toInteger)
  @IsInt(ACCEPTED_BODY)
  @Min(1024, ACCEPTED_BODY)
  BODY_LIMIT: number = 4 * 1024 * 1024;
}

/** What a process does: serve requests, make read models, or both. */
export type Role = (typeof ROLES)[number];

/** The settings of one process, validated and frozen. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Base of `meta.location` and of the printed Tenant URL, without trailing slash. */
  readonly publicUrl: string | undefined;
  readonly trustProxy: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly dataDir: string;
  /** `sqlite`, `memory`, or the connection string of EventStoreDB. */
  readonly eventStore: string;
  /** `sqlite`, `memory`, or the URL of a PostgreSQL database. */
  readonly readModel: string;
  readonly role: Role;
  readonly scimToken: string | undefined;
  readonly adminToken: string | undefined;
  readonly secretKey: string | undefined;
  readonly logLevel: string;
  readonly defaultTenantProfile: 'default' | 'strict';
  /** Off commits every append by itself; for measuring what group commit is worth. */
  readonly groupCommit: boolean;
  /** Requests per second and tenant in this process; 0 is no limit. */
  readonly rateLimit: number;
  /** Largest request body in bytes. */
  readonly bodyLimit: number;
}

// Never repeated in a message: an error must not print a secret.
const SECRET_VARIABLES = new Set(['SCIM_TOKEN', 'ADMIN_TOKEN', 'SECRET_KEY']);

/** Whether a store is on a server, and not in this process. */
export function isServer(setting: string): boolean {
  return setting.includes('://');
}

/**
 * Reads the settings from environment variables.
 * @throws ConfigError naming the first variable that cannot be used
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const known = Object.keys(new Environment());
  const optional = [
    'PUBLIC_URL',
    'TRUST_PROXY',
    'TLS_CERT',
    'TLS_KEY',
    'SCIM_TOKEN',
    'ADMIN_TOKEN',
    'SECRET_KEY',
  ];
  const given = Object.fromEntries(
    [...known, ...optional]
      .map((name) => [name, environment[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const settings = plainToInstance(Environment, given, { exposeDefaultValues: true });
  const [problem] = validateSync(settings);
  if (problem) {
    const value = String(problem.value);
    // a connection string holds a password
    const isSecret = SECRET_VARIABLES.has(problem.property) || /@|password/i.test(value);
    const shown = isSecret ? 'a value' : `'${value}'`;
    const accepted = Object.values(problem.constraints ?? {}).find((text) => text.startsWith('accepted'));
    throw new ConfigError(`${problem.property}: given ${shown}; ${accepted ?? 'value out of range'}`);
  }
  if ((settings.TLS_CERT === undefined) !== (settings.TLS_KEY === undefined)) {
    throw new ConfigError('TLS_CERT and TLS_KEY: only one was given; accepted: both, or neither');
  }
  checkStores(settings);
  return Object.freeze(toConfig(settings));
}

function checkStores({ EVENT_STORE, READ_MODEL, ROLE, SECRET_KEY, ADMIN_TOKEN }: Environment): void {
  if (isServer(EVENT_STORE)) {
    const many = 'with EVENT_STORE on EventStoreDB';
    if (!isServer(READ_MODEL)) {
      throw new ConfigError(`READ_MODEL: given '${READ_MODEL}'; accepted ${many}: a postgres:// URL`);
    }
    if (SECRET_KEY === undefined) {
      throw new ConfigError(
        `SECRET_KEY: not given; accepted ${many}: the 32 bytes in base64 that all processes share`,
      );
    }
    if (ADMIN_TOKEN === undefined) {
      throw new ConfigError(
        `ADMIN_TOKEN: not given; accepted ${many}: 32 characters or more that all processes share`,
      );
    }
  } else if (ROLE !== 'all') {
    throw new ConfigError(
      `ROLE: given '${ROLE}'; accepted with the embedded event log: all, since one process owns it`,
    );
  }
}

function toConfig(settings: Environment): Config {
  const { TLS_CERT: certFile, TLS_KEY: keyFile } = settings;
  return {
    host: settings.HOST,
    port: settings.PORT,
    // Pasted back as the Tenant URL it was printed as, it means the same.
    publicUrl: settings.PUBLIC_URL?.replace(/\/+$/, '').replace(/\/scim\/v2$/, ''),
    trustProxy: settings.TRUST_PROXY,
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
    dataDir: resolve(settings.DATA_DIR),
    eventStore: settings.EVENT_STORE,
    readModel: settings.READ_MODEL,
    role: settings.ROLE,
    scimToken: settings.SCIM_TOKEN,
    adminToken: settings.ADMIN_TOKEN,
    secretKey: settings.SECRET_KEY,
    logLevel: settings.LOG_LEVEL,
    defaultTenantProfile: settings.DEFAULT_TENANT_PROFILE,
    groupCommit: settings.GROUP_COMMIT === 'on',
    rateLimit: settings.RATE_LIMIT,
    bodyLimit: settings.BODY_LIMIT,
  };
}

/** Injection token of the settings: an interface leaves nothing to inject by. */
export const CONFIG = Symbol('Config');
