import type { ExpectedRevision } from './event-store.js';

/** The stream was not at the revision the append expected; nothing was written. */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict';

  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: ExpectedRevision,
  ) {
    super(`Stream ${stream} is at ${describe(actual)}, expected ${describe(expected)}`);
  }
}

/** The store did not answer in time: the append may or may not have happened. Repeating it is safe. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** The store cannot take or give anything now (disk full, I/O error, no connection, closed). Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Somebody deleted the stream with the store's own tools; this service never does. */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';

  constructor(
    readonly stream: string,
    options?: ErrorOptions,
  ) {
    super(`Stream ${stream} has been deleted from the store`, options);
  }
}

/** More than the store takes in one append. Nothing was sent; smaller appends would do. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';

  constructor(
    readonly stream: string,
    readonly sizeBytes: number,
    readonly limitBytes: number,
  ) {
    super(`An append of ${sizeBytes} bytes to ${stream} is over the store's limit of ${limitBytes} bytes`);
  }
}

/** The store cannot be used as it is configured; trying again does not help. Never holds a secret. */
export class StoreMisconfigured extends Error {
  override readonly name = 'StoreMisconfigured';
}

function describe(revision: ExpectedRevision): string {
  return revision === 'noStream' ? 'no stream' : `revision ${revision}`;
}
