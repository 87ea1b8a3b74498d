// What happens to tenants and their tokens, as stored. The type strings are forever.

export interface TenantRegistered {
  readonly type: 'TenantRegistered';
  readonly data: { readonly slug: string; readonly profile: string };
}

export interface TokenIssued {
  readonly type: 'TokenIssued';
  readonly data: {
    readonly tokenId: string;
    readonly name: string;
    /** SHA-256 of the secret, in hex. The secret itself is stored nowhere. */
    readonly hash: string;
    /** ISO 8601, UTC; absent when the token does not expire. */
    readonly expiresAt?: string;
  };
}

export interface TokenRevoked {
  readonly type: 'TokenRevoked';
  readonly data: { readonly tokenId: string };
}

export type TenantEvent = TenantRegistered;
export type TokenEvent = TokenIssued | TokenRevoked;
