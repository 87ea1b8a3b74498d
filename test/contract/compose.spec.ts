// What docker-compose.yml says, held against the settings that the product knows. No container is started.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { readConfig } from '../../src/config/config.js';
import { readConnectionString } from '../../src/event-store/esdb/connection-string.js';

interface Service {
  readonly image: string;
  readonly restart: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly retries: number };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<
    Record<string, { internal?: boolean; ipam?: { config: [{ subnet: string }] } } | null>
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

type Variables = Readonly<Record<string, string>>;

const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
// js-yaml comes without types.
const { load } = createRequire(import.meta.url)('js-yaml') as {
  readonly load: (text: string) => unknown;
};

const { services, networks, volumes } = load(read('docker-compose.yml')) as Compose;
const ofRole = (role: string): string[] =>
  Object.keys(services).filter((name) => services[name]?.environment?.['ROLE'] === role);
const processes = [...ofRole('api'), ...ofRole('projector')].map((name): [string, Service] => [
  name,
  services[name]!,
]);

const LETTERS = 'x'.repeat(48);
const FILLED_IN: Variables = {
  PUBLIC_HOST: 'scim.example.com',
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
  ADMIN_TOKEN: LETTERS,
  SCIM_TOKEN: LETTERS,
  POSTGRES_PASSWORD: 'postgres-password',
  EVENTSTORE_PASSWORD: 'eventstore-password',
  EVENTSTORE_OPS_PASSWORD: LETTERS,
};

/** As Compose does it: `${NAME:?message}` refuses what is missing or empty, `${NAME:-default}` replaces it. */
function interpolated(text: string, variables: Variables): string {
  return text.replaceAll(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_all, name: string, kind?: string, rest = '') => {
      const value = variables[name] ?? '';
      if (value === '' && kind === '?') throw new Error(`${name}: ${rest}`);
      return value === '' && kind === '-' ? rest : value;
    },
  );
}

function environmentOf({ environment = {} }: Service, variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, interpolated(value, variables)]),
  );
}

/** The names that the product looks for in its environment. */
function knownSettings(environment: Variables): ReadonlySet<string> {
  const asked = new Set<string>();
  readConfig(
    new Proxy(environment, {
      get: (target, name: string) => {
        asked.add(name);
        return target[name];
      },
    }),
  );
  return asked;
}

describe('docker-compose.yml', () => {
  it('has three API processes and two projectors, on one log and one database', () => {
    expect(ofRole('api')).toHaveLength(3);
    expect(ofRole('projector')).toHaveLength(2);
    const stores = processes.map(([, { environment }]) => [
      environment?.['EVENT_STORE'],
      environment?.['READ_MODEL'],
    ]);
    expect(new Set(stores.map((store) => store.join(' '))).size).toBe(1);
  });

  it.each(processes)('gives %s settings that it takes, and none that it does not know', (_name, service) => {
    const environment = environmentOf(service, FILLED_IN);
    const known = knownSettings(environment);

    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    expect(readConfig(environment)).toMatchObject({
      role: service.environment?.['ROLE'],
      host: '0.0.0.0',
      port: 3000,
      publicUrl: 'https://scim.example.com',
    });
    expect(readConnectionString(environment['EVENT_STORE']!)).toMatchObject({
      isTls: true,
      credentials: { username: 'admin', password: 'eventstore-password' },
    });
    expect(new URL(environment['READ_MODEL']!)).toMatchObject({
      hostname: 'postgres',
      password: 'postgres-password',
    });
  });

  it.each(Object.entries(services))('pins the image of %s by a tag', (_name, { image }) => {
    expect(image).toMatch(/^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
  });

  it('has a health check and a restart policy for everything that goes on running', () => {
    const { certificates, ...running } = services;

    for (const [name, { healthcheck, restart }] of Object.entries(running)) {
      expect([name, restart, healthcheck?.test.length]).toEqual([name, 'unless-stopped', expect.any(Number)]);
      expect(healthcheck?.retries).toBeGreaterThan(0);
    }
    expect(certificates?.restart).toBe('no');
  });

  it('starts the processes when both stores are healthy', () => {
    for (const [, { depends_on }] of processes) {
      expect(depends_on).toEqual({
        eventstore: { condition: 'service_healthy' },
        postgres: { condition: 'service_healthy' },
      });
    }
    expect(services['eventstore']?.depends_on).toEqual({
      certificates: { condition: 'service_completed_successfully' },
    });
  });

  describe('secrets', () => {
    const text = read('docker-compose.yml');
    const secrets = Object.keys(FILLED_IN);

    it.each(secrets)('does not start without %s, and says where it is explained', (name) => {
      expect(() => interpolated(text, { ...FILLED_IN, [name]: '' })).toThrow(new RegExp(`^${name}: .{10,}`));
      expect(() => interpolated(text, FILLED_IN)).not.toThrow();
    });

    it('has no default for any of them, here or in .env.example', () => {
      const withDefault = [...text.matchAll(/\$\{(\w+):?-/g)].map(([, name]) => name);
      const example = Object.fromEntries(
        [...read('.env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
          name,
          value,
        ]),
      );

      expect(new Set(withDefault)).toEqual(new Set(['LOG_LEVEL']));
      expect(example).toEqual({
        ...Object.fromEntries(secrets.map((name) => [name, ''])),
        LOG_LEVEL: 'info',
      });
    });

    it('takes every password and token from a variable', () => {
      for (const { environment = {} } of Object.values(services)) {
        for (const [name, value] of Object.entries(environment)) {
          if (/PASSWORD|TOKEN|SECRET/.test(name)) expect(value).toMatch(/^\$\{\w+:\?[^}]+\}$/);
        }
      }
    });
  });

  it('publishes the ports of the proxy alone, and keeps stores and processes off the internet', () => {
    const published = Object.keys(services).filter((name) => services[name]?.ports !== undefined);

    expect(published).toEqual(['proxy']);
    for (const [name, { networks: joined = [] }] of Object.entries(services)) {
      if (name !== 'proxy')
        expect(joined.filter((network) => networks[network]?.internal !== true)).toEqual([]);
    }
  });

  it('believes forwarded headers from the network of the proxy alone', () => {
    const subnet = networks['front']?.ipam?.config[0].subnet;

    expect(services['proxy']?.networks).toContain('front');
    for (const name of ofRole('api')) expect(services[name]?.environment?.['TRUST_PROXY']).toBe(subnet);
  });

  it('declares every volume that it mounts, and keeps both stores in one', () => {
    const mounted = Object.values(services).flatMap(({ volumes: used = [] }) => used);
    const named = mounted.map((volume) => volume.split(':')[0]!).filter((name) => !name.startsWith('.'));

    expect(new Set(named)).toEqual(new Set(Object.keys(volumes)));
    expect(mounted).toContain('eventstore:/var/lib/eventstore');
    expect(mounted).toContain('postgres:/var/lib/postgresql/data');
  });

  it('lets the proxy spread requests over the API processes, and over nobody else', () => {
    const [, upstreams = ''] = /reverse_proxy (.*) \{/.exec(read('Caddyfile')) ?? [];

    expect(upstreams.split(' ')).toEqual(ofRole('api').map((name) => `${name}:3000`));
  });
});
