// Every key of a ledger in clear, on its way from one key store to another.

export interface TenantKeyRecord {
  readonly tenant: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export interface UserKeyRecord {
  readonly keyId: number;
  /** 32 bytes; undefined when it was destroyed. */
  readonly key: Buffer | undefined;
  /** ISO 8601, UTC. */
  readonly destroyedAt?: string | undefined;
}

export interface AllKeys {
  /** 32 bytes; the key that the log names and that wraps every other. */
  readonly secretKey: Buffer;
  readonly tenantKeys: readonly TenantKeyRecord[];
  /** In order of id, a page at a time. */
  readonly userKeys: AsyncIterable<readonly UserKeyRecord[]>;
}

/** Reads a key store beside the processes that use it. */
export interface AllKeysReader {
  /** Of the secret key, 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** The newest user key's; 0 when there is none. */
  lastUserKeyId(): Promise<number>;
  /** @throws KeyStoreUnavailable when a key does not open with the secret key */
  read(): Promise<AllKeys>;
  close(): Promise<void>;
}

/** Keys in one page, and in one line of a key file. */
export const KEYS_PAGE = 1000;
