// What the product must know of a connection string before the client reads it. The client prints options that it does
// not know together with the whole string, password included: what it would warn of is refused here.
import type { Credentials } from '@eventstore/db-client';
import { StoreMisconfigured } from '../errors.js';

export interface Connection {
  readonly text: string;
  readonly isTls: boolean;
  /** User and password named in it. */
  readonly credentials?: Credentials;
}

const SHAPE =
  /^esdb(?:\+discover)?:\/\/(?:(?<user>[^:@/]+):(?<password>[^:@]+)@)?[^?@]+(?:\?(?<options>.*))?$/;

const OPTIONS = [
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
];
const KNOWN_OPTIONS = new Set(OPTIONS.map(flat));

/** @throws StoreMisconfigured without any part of the string but the names of options */
export function readConnectionString(text: string): Connection {
  const groups = SHAPE.exec(text.trim())?.groups;
  if (groups === undefined) {
    throw new StoreMisconfigured(
      'The connection string is not of the form esdb://user:password@host:port?option=value',
    );
  }
  const options = new Map((groups['options'] ?? '').split('&').filter(Boolean).map(readOption));
  for (const [name, { given, value }] of options) checkOption(name, given, value);
  const isTls = options.get('tls')?.value !== 'false';
  const { user, password } = groups;
  if (user === undefined || password === undefined) return { text, isTls };
  return { text, isTls, credentials: { username: decoded(user), password: decoded(password) } };
}

function readOption(option: string): [string, { given: string; value: string }] {
  const [given = '', value = ''] = option.split('=');
  return [flat(given), { given, value: value.trim() }];
}

function checkOption(name: string, given: string, value: string): void {
  if (!KNOWN_OPTIONS.has(name)) {
    throw new StoreMisconfigured(
      `The connection string has an option "${given}"; accepted are ${OPTIONS.join(', ')}`,
    );
  }
  if (name === 'tlsverifycert' && value === 'false') {
    throw new StoreMisconfigured(
      'The connection string has tlsVerifyCert=false, which the client cannot do: name the authority with tlsCAFile',
    );
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreMisconfigured('User and password in the connection string must be percent-encoded');
  }
}

// the client takes tlsCAFile, tls_ca_file and TLS-CA-FILE alike
function flat(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[_-]/g, '');
}
