/** The secret key is missing, malformed or another one than the stored keys were wrapped with. The message says the cure. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
}

/** The key store cannot be used: its file is missing, unreadable or cannot be written. */
export class KeyStoreUnavailable extends Error {
  override readonly name = 'KeyStoreUnavailable';
}

/** The log names a key that this key store never had: it belongs to another log, or is an older copy. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';

  constructor(readonly keyId: number) {
    super(
      `The key store has no user key ${keyId}: it is older than the event log, or belongs to another one. ` +
        'Restore the newest copy of keys.sqlite.',
    );
  }
}

/** A file of keys that cannot be opened, or is not whole. The message says what to do; nothing was changed. */
export class KeyFileRefused extends Error {
  override readonly name = 'KeyFileRefused';
}
