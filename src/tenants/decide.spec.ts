import { describe, expect, it } from '@jest/globals';
import { decideIssue, decideRegister, decideRevoke, evolveToken, TenantRefusal } from './decide.js';
import type { TokenEvent } from './events.js';

const ISSUED: TokenEvent = { type: 'TokenIssued', data: { tokenId: 't1', name: 'Entra', hash: 'ab' } };
const REVOKED: TokenEvent = { type: 'TokenRevoked', data: { tokenId: 't1' } };

describe('registering a tenant', () => {
  it.each(['a', '0', 'acme', 'acme-2', 'a_b', 'a'.repeat(63)])('takes the slug %s', (slug) => {
    expect(decideRegister(false, slug, 'default')).toEqual({
      type: 'TenantRegistered',
      data: { slug, profile: 'default' },
    });
  });

  it.each(['', 'Acme', '_ledger', '-a', 'a.b', 'a b', 'ä', 'a/b', 'a\n', 'a'.repeat(64)])(
    'refuses the slug %j',
    (slug) => {
      expect(() => decideRegister(false, slug, 'default')).toThrow(TenantRefusal);
    },
  );

  it('refuses a tenant that is there already', () => {
    expect(() => decideRegister(true, 'acme', 'default')).toThrow("tenant 'acme' exists already");
  });
});

describe('a token', () => {
  it('is issued as given', () => {
    expect(decideIssue(ISSUED.data as Parameters<typeof decideIssue>[0])).toEqual(ISSUED);
  });

  it('is revoked once it is issued', () => {
    expect(decideRevoke(stateAfter(ISSUED), 't1')).toEqual(REVOKED);
  });

  it('is not revoked twice', () => {
    expect(decideRevoke(stateAfter(ISSUED, REVOKED), 't1')).toBeUndefined();
  });

  it('cannot be revoked before it is issued', () => {
    expect(() => decideRevoke(stateAfter(), 't1')).toThrow("no token 't1'");
    expect(() => decideRevoke(stateAfter(REVOKED), 't1')).toThrow(TenantRefusal);
  });

  it('keeps its hash when it is revoked', () => {
    expect(stateAfter(ISSUED, REVOKED)).toEqual({ tokenId: 't1', hash: 'ab', isRevoked: true });
  });
});

function stateAfter(...events: readonly TokenEvent[]) {
  return events.reduce(evolveToken, undefined as ReturnType<typeof evolveToken>);
}
