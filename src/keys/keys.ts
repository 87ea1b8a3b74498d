// The keys of a ledger as the rest of the product uses them. A file answers at once; a server has to be asked first.

export interface UserKey {
  readonly keyId: number;
  readonly key: Buffer;
}

export interface Keys {
  /** Tells secret keys apart without saying anything about them: 64 hexadecimal digits. */
  readonly fingerprint: string;

  /**
   * A fresh key for a new user, already durable. It is never handed out again, used or not.
   *
   * @throws KeyStoreUnavailable when there is none and none can be made
   */
  takeUserKey(): UserKey | Promise<UserKey>;

  /**
   * The 32 bytes of a user's key; undefined when it was destroyed. Where keys are on a server it must have been taken
   * or loaded before.
   *
   * @throws KeyMissing when there never was such a key here
   */
  userKey(keyId: number): Buffer | undefined;

  /** Is told which keys will be asked for next, where that makes them cheaper. */
  prefetch?(keyIds: readonly number[]): void;

  /** Fetches keys from a server. Those that are not there are no error here. */
  load?(keyIds: readonly number[]): Promise<void>;

  /** A tenant's key, made at its first use. */
  tenantKey(tenant: string): Buffer | Promise<Buffer>;

  /** Destroys a user's key, for good: what it sealed can never be read again. Repeating it is harmless. */
  destroyUserKey(keyId: number): void | Promise<void>;

  close(): void | Promise<void>;
}

/** Injection token of the keys: an interface leaves nothing to inject by. */
export const KEYS = Symbol('Keys');
