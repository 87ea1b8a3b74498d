import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { expiringTokens, warnOfExpiry } from './expiring-tokens.js';
import type { Token } from './projections/directory/tokens/tokens.projection.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 5, 1);

let tokens: readonly Token[];
const directory = { tokens: () => Promise.resolve(tokens) };

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('tokens that expire soon', () => {
  it('are those within thirty days that are neither revoked nor over', async () => {
    tokens = [
      token('in 30 days', 30),
      token('in an hour', 1 / 24),
      token('later', 30.1),
      token('never', undefined),
      token('over', -1),
      { ...token('revoked', 5), revokedAt: new Date(NOW).toISOString() },
    ];

    expect(await expiringTokens(directory, 'acme')).toEqual([
      { id: 'in 30 days', name: 'in 30 days', expiresAt: '2026-07-01T00:00:00.000Z', daysLeft: 30 },
      { id: 'in an hour', name: 'in an hour', expiresAt: '2026-06-01T01:00:00.000Z', daysLeft: 1 },
    ]);
  });
});

describe('the warning', () => {
  it('comes at once and every day until it is ended', async () => {
    tokens = [token('Entra', 40)];
    const warned: unknown[] = [];
    const stop = warnOfExpiry(directory, 'acme', { warn: (entry: unknown) => void warned.push(entry) });
    await jest.advanceTimersByTimeAsync(9 * DAY_MS);
    expect(warned).toEqual([]);

    await jest.advanceTimersByTimeAsync(2 * DAY_MS);
    stop();
    await jest.advanceTimersByTimeAsync(5 * DAY_MS);

    expect(warned).toMatchObject([
      { tenant: 'acme', token: { name: 'Entra', daysLeft: 30 } },
      { tenant: 'acme', token: { name: 'Entra', daysLeft: 29 } },
    ]);
  });

  it('outlives a read model that cannot be asked', async () => {
    let isBroken = true;
    tokens = [token('Entra', 10)];
    const warned: string[] = [];
    const broken = { tokens: () => (isBroken ? Promise.reject(new Error('behind')) : directory.tokens()) };

    const stop = warnOfExpiry(broken, 'acme', {
      warn: (_: unknown, text?: string) => void warned.push(text ?? ''),
    });
    await jest.advanceTimersByTimeAsync(1);
    isBroken = false;
    await jest.advanceTimersByTimeAsync(DAY_MS);
    stop();

    expect(warned).toEqual([
      expect.stringContaining('could not be looked up'),
      expect.stringContaining('expires soon'),
    ]);
  });
});

function token(id: string, days: number | undefined): Token {
  return {
    id,
    tenant: 'acme',
    name: id,
    hash: 'ab',
    issuedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: days === undefined ? null : new Date(NOW + days * DAY_MS).toISOString(),
    revokedAt: null,
  };
}
