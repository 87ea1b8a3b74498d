/** A file or a store that cannot be carried over as it is. The message says why and what to do; nothing was changed. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused';
}

/** An import came to a stop after it had begun to write. The message says how to go on. */
export class TransferInterrupted extends Error {
  override readonly name = 'TransferInterrupted';
}
