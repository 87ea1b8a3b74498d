// Puts a log's file into a store that is empty, or that holds a beginning of the same log.
import { StoreUnavailable, OutcomeUnknown, RevisionConflict } from '../event-store/errors.js';
import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { hashOf } from '../event-store/envelope/chain.js';
import type { Config } from '../config/config.js';
import { KeyStoreUnavailable, SecretKeyError } from '../keys/errors.js';
import { OrderedAppends } from './append-in-order.js';
import { TransferInterrupted, TransferRefused } from './errors.js';
import { openImportTarget, type ImportTarget } from './import-target.js';
import { openAllKeys } from './key-stores.js';
import { openLogFile, type CarriedEvent, type LogFile, type LogFileSummary } from './log-file.js';
import { verifyLogFile, type VerifiedLogFile } from './verify-log-file.js';

export interface ImportProgress {
  readonly step: 'verified' | 'imported';
  readonly events: number;
  readonly total?: number;
}

export interface ImportResult extends LogFileSummary {
  /** Events that were there from an earlier import. */
  readonly alreadyThere: number;
}

/**
 * Imports a log. The file is read to its end first: nothing of a file that is not whole is written.
 *
 * @throws TransferRefused, SecretKeyError, KeyStoreUnavailable, DataDirInUse, ConfigError: nothing was written
 * @throws TransferInterrupted when repeating the import goes on where this one stopped
 */
export async function importLog(
  config: Config,
  path: string,
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<ImportResult> {
  const file = await openLogFile(path);
  const lastUserKeyId = await checkKeys(config, file);
  const target = await openImportTarget(config);
  try {
    const verified = await verifyLogFile(file, (events) => onProgress({ step: 'verified', events }));
    checkFits(verified, file, target, lastUserKeyId);
    const store = await target.openStore();
    const progress = (events: number) => onProgress({ step: 'imported', events, total: verified.events });
    return {
      ...(await write(store, file, target, progress)),
      events: verified.events,
      sha256: verified.sha256,
    };
  } finally {
    await target.close();
  }
}

async function checkKeys(config: Config, { path, keyFingerprint }: LogFile): Promise<number> {
  const cure = 'Import the keys of its ledger first (`scim-ledger keys import`).';
  const keys = await openAllKeys(config).catch((error: unknown) => {
    if (error instanceof KeyStoreUnavailable) {
      throw new KeyStoreUnavailable(`${error.message} ${cure}`, { cause: error });
    }
    if (error instanceof SecretKeyError)
      throw new SecretKeyError(`${error.message} ${cure}`, { cause: error });
    throw error;
  });
  try {
    if (keys.fingerprint === keyFingerprint) return await keys.lastUserKeyId();
  } finally {
    await keys.close();
  }
  throw new SecretKeyError(
    `${path} was written with another secret key (fingerprint ${keyFingerprint.slice(0, 16)}…) than the one at hand ` +
      `(fingerprint ${keys.fingerprint.slice(0, 16)}…). ${cure}`,
  );
}

function checkFits(
  { lastKeyId, largestEvent }: VerifiedLogFile,
  { path }: LogFile,
  { name, eventLimitBytes }: ImportTarget,
  lastUserKeyId: number,
): void {
  if (lastKeyId > lastUserKeyId) {
    throw new TransferRefused(
      `${path} is newer than the keys at hand: its events name user key ${lastKeyId}, and the last one here is ` +
        `${lastUserKeyId}. Export the keys after the log, and import those.`,
    );
  }
  if (largestEvent.bytes >= eventLimitBytes) {
    throw new TransferRefused(
      `Event ${largestEvent.id} in ${path} has ${largestEvent.bytes} bytes, and ${name} takes less than ${eventLimitBytes} in one append.`,
    );
  }
}

async function write(
  store: EventStore,
  file: LogFile,
  target: ImportTarget,
  onProgress: (events: number) => void,
): Promise<Pick<ImportResult, 'alreadyThere'>> {
  const there = store.readAll()[Symbol.asyncIterator]();
  const appends = new OrderedAppends(store, target.window);
  let [count, alreadyThere, isCompared] = [0, 0, false];
  try {
    for await (const event of file.events()) {
      const stored = isCompared ? undefined : (await there.next()).value;
      isCompared ||= stored === undefined;
      if (stored !== undefined) {
        checkSame(stored, event, file, target);
        alreadyThere += 1;
      } else {
        await appends.add(event);
      }
      count += 1;
      onProgress(count);
    }
    await appends.flush();
  } catch (error) {
    throw interrupted(error, target);
  }
  if (!isCompared && !(await there.next()).done) throw holdsOther(file, target);
  return { alreadyThere };
}

function checkSame(stored: StoredEvent, event: CarriedEvent, file: LogFile, target: ImportTarget): void {
  const isSame =
    stored.id === event.id &&
    stored.stream === event.stream &&
    stored.revision === event.revision &&
    hashOf(stored) === hashOf(event);
  if (!isSame) throw holdsOther(file, target);
}

function holdsOther({ path }: LogFile, { name }: ImportTarget): TransferRefused {
  return new TransferRefused(
    `${name} is not empty, and what it holds is not a beginning of ${path}. Import into an empty store.`,
  );
}

function interrupted(error: unknown, { name }: ImportTarget): unknown {
  if (error instanceof RevisionConflict) {
    const message = `Somebody else writes to ${name} (${error.message}). Stop every server on it, empty it, and import again.`;
    return new TransferInterrupted(message, { cause: error });
  }
  if (error instanceof OutcomeUnknown || error instanceof StoreUnavailable) {
    const message = `${error.message}. Run the same import again: it goes on where it stopped.`;
    return new TransferInterrupted(message, { cause: error });
  }
  return error;
}
