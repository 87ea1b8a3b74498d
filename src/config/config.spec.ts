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
