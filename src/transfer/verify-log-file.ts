// Reads a log's file to its end before anything of it is written anywhere.
import { SECRET_KEY_STREAM } from '../ledger/secret-key-event.js';
import { canonicalJson } from '../event-store/json.js';
import { ChainTips } from './chain-tips.js';
import { TransferRefused } from './errors.js';
import type { CarriedEvent, LogFile, LogFileSummary } from './log-file.js';

export interface VerifiedLogFile extends LogFileSummary {
  /** The newest user key that an event names; 0 when none does. */
  readonly lastKeyId: number;
  /** The largest event as EventStoreDB counts it: data, metadata, and the type in UTF-16. */
  readonly largestEvent: { readonly id: string; readonly bytes: number };
}

/**
 * Proves the file whole and every stream's hash chain unbroken.
 *
 * @throws TransferRefused
 */
export async function verifyLogFile(
  file: LogFile,
  onProgress: (events: number) => void = () => undefined,
): Promise<VerifiedLogFile> {
  const tips = new ChainTips();
  try {
    return await walk(file, tips, onProgress);
  } finally {
    tips.close();
  }
}

async function walk(
  file: LogFile,
  tips: ChainTips,
  onProgress: (events: number) => void,
): Promise<VerifiedLogFile> {
  const found = { lastKeyId: 0, largestEvent: { id: '', bytes: 0 } };
  let [count, isKeyNamed] = [0, false];
  const events = file.events();
  let next = await events.next();
  while (!next.done) {
    if (!tips.follow(next.value)) throw broken(file, next.value);
    isKeyNamed = namesKey(next.value, file) || isKeyNamed;
    note(found, next.value);
    onProgress((count += 1));
    next = await events.next();
  }
  if (!isKeyNamed) throw new TransferRefused(`${file.path} holds no ledger: it names no secret key.`);
  return { ...next.value, ...found };
}

function broken({ path }: LogFile, { stream, revision }: CarriedEvent): TransferRefused {
  return new TransferRefused(
    `${path} was changed: the hash chain of ${stream} does not hold at revision ${revision}. Copy it again, or export again.`,
  );
}

// The first line is no part of any chain; the event that says the same is.
function namesKey({ stream, revision, data }: CarriedEvent, { path, keyFingerprint }: LogFile): boolean {
  if (stream !== SECRET_KEY_STREAM || revision !== 0) return false;
  if (data['fingerprint'] === keyFingerprint) return true;
  throw new TransferRefused(`${path} was changed: its first line names another secret key than its events.`);
}

interface Noted {
  lastKeyId: number;
  largestEvent: { readonly id: string; readonly bytes: number };
}

function note(found: Noted, { id, type, data, metadata }: CarriedEvent): void {
  const { keyId } = metadata;
  if (typeof keyId === 'number') found.lastKeyId = Math.max(found.lastKeyId, keyId);
  const bytes =
    Buffer.byteLength(canonicalJson(data)) + Buffer.byteLength(canonicalJson(metadata)) + 2 * type.length;
  if (bytes > found.largestEvent.bytes) found.largestEvent = { id, bytes };
}
