import type { TenantRegistered, TokenEvent, TokenIssued, TokenRevoked } from './events.js';

/** Tenant slugs stand in URLs and stream names. */
const SLUG = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** A tenant or token command that cannot be carried out; the message is for the operator. */
export class TenantRefusal extends Error {
  override readonly name = 'TenantRefusal';
}

export interface TokenState {
  readonly tokenId: string;
  readonly hash: string;
  readonly isRevoked: boolean;
}

export function evolveToken(state: TokenState | undefined, event: TokenEvent): TokenState | undefined {
  switch (event.type) {
    case 'TokenIssued':
      return { tokenId: event.data.tokenId, hash: event.data.hash, isRevoked: false };
    case 'TokenRevoked':
      return state && { ...state, isRevoked: true };
    default:
      return event satisfies never;
  }
}

/** @throws TenantRefusal for a slug that is malformed or taken */
export function decideRegister(isRegistered: boolean, slug: string, profile: string): TenantRegistered {
  if (!SLUG.test(slug)) {
    throw new TenantRefusal(
      `tenant '${slug}': accepted are 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit`,
    );
  }
  if (isRegistered) throw new TenantRefusal(`tenant '${slug}' exists already`);
  return { type: 'TenantRegistered', data: { slug, profile } };
}

export function decideIssue(data: TokenIssued['data']): TokenIssued {
  return { type: 'TokenIssued', data };
}

/** @throws TenantRefusal when there is no such token; no event when it was revoked before */
export function decideRevoke(state: TokenState | undefined, tokenId: string): TokenRevoked | undefined {
  if (!state) throw new TenantRefusal(`no token '${tokenId}'`);
  return state.isRevoked ? undefined : { type: 'TokenRevoked', data: { tokenId } };
}
