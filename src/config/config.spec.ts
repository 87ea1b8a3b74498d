import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

describe('settings', () => {
  it('has a default for everything', () => {
    const config = readConfig({});

    expect(config).toMatchObject({ host: '127.0.0.1', port: 3000, eventStore: 'sqlite', logLevel: 'info' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it.each([
    ['PORT', 'eighty', /PORT: given 'eighty'; accepted: a port number/],
    ['PORT', '70000', /PORT: given '70000'/],
    ['EVENT_STORE', 'postgres', /EVENT_STORE: given 'postgres'; accepted: sqlite, memory/],
    ['PUBLIC_URL', 'scim.example.com', /PUBLIC_URL/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL/],
  ])('refuses %s=%s, naming what is accepted', (name, value, message) => {
    expect(() => readConfig({ [name]: value })).toThrow(message);
  });

  it('never prints a secret that it refuses', () => {
    const refused = (): unknown => readConfig({ SCIM_TOKEN: 'too-short-secret' });

    expect(refused).toThrow(ConfigError);
    expect(refused).not.toThrow(/too-short-secret/);
  });

  it.each(['EVENT_STORE', 'READ_MODEL'])('never prints the password of a connection string in %s', (name) => {
    const refused = (): unknown => readConfig({ [name]: 'mysql://scim:s3cret@db/scim' });

    expect(refused).toThrow(ConfigError);
    expect(refused).not.toThrow(/s3cret/);
  });

  describe('with servers', () => {
    const servers = {
      EVENT_STORE: 'esdb://events:2113?tls=false',
      READ_MODEL: 'postgres://scim@db/scim',
      SECRET_KEY: Buffer.alloc(32).toString('base64'),
      ADMIN_TOKEN: 'x'.repeat(32),
    };

    it.each(['all', 'api', 'projector'])('takes the role %s', (role) => {
      expect(readConfig({ ...servers, ROLE: role })).toMatchObject({
        eventStore: servers.EVENT_STORE,
        readModel: servers.READ_MODEL,
        role,
      });
    });

    it.each(['READ_MODEL', 'SECRET_KEY', 'ADMIN_TOKEN'])('wants %s', (name) => {
      expect(() => readConfig({ ...servers, [name]: '' })).toThrow(new RegExp(`^${name}: .* EventStoreDB`));
    });

    it.each(['api', 'projector'])('has no role %s for an embedded log, which one process owns', (role) => {
      expect(() => readConfig({ ROLE: role })).toThrow(/^ROLE: given '(api|projector)'; accepted .* all/);
    });

    it('keeps the read models of an embedded log in PostgreSQL when asked to', () => {
      expect(readConfig({ READ_MODEL: servers.READ_MODEL })).toMatchObject({ eventStore: 'sqlite' });
    });
  });

  it.each(['SCIM_TOKEN', 'ADMIN_TOKEN'])('[SEC-15] refuses a weak %s', (name) => {
    expect(() => readConfig({ [name]: 'x'.repeat(31) })).toThrow(/32 characters or more/);
    expect(() => readConfig({ [name]: 'x'.repeat(32) })).not.toThrow();
  });

  it('wants certificate and key together', () => {
    expect(() => readConfig({ TLS_CERT: 'cert.pem' })).toThrow(/TLS_CERT and TLS_KEY/);
  });

  it.each(['https://scim.example.com', 'https://scim.example.com/', 'https://scim.example.com/scim/v2/'])(
    'takes %s for the base of all URLs',
    (given) => {
      expect(readConfig({ PUBLIC_URL: given }).publicUrl).toBe('https://scim.example.com');
    },
  );

  it('takes an empty variable as not given', () => {
    expect(readConfig({ PUBLIC_URL: '', PORT: '' })).toMatchObject({ publicUrl: undefined, port: 3000 });
  });
});
