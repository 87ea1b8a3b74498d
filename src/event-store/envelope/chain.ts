// Each event carries the hash of the one before it in its stream, so that nothing can be changed, left out or put in
// between unnoticed. The chain is over what is stored: it holds for erased events too.
import { hash } from 'node:crypto';
import type { EventEnvelope, StoredEvent } from '../event-store.js';
import { canonicalJson } from '../json.js';

/** What the first event of a stream has for the hash before it. */
export const NO_HASH = '';

export interface HashedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  /** Canonical JSON of the stored data. */
  readonly dataJson: string;
  /** Canonical JSON of the stored metadata without its member `hash`. */
  readonly metadataJson: string;
}

/** SHA-256, hexadecimal, of the canonical JSON (RFC 8785) of [prevHash, stream, revision, id, type, data, metadata]. */
export function chainHash(prevHash: string, event: HashedEvent): string {
  const head = canonicalJson([prevHash, event.stream, event.revision, event.id, event.type]);
  return hash('sha256', `${head.slice(0, -1)},${event.dataJson},${event.metadataJson}]`, 'hex');
}

/** Whether a stored event is what was written after the event with this hash. */
export function verifyHash(stored: StoredEvent, prevHash: string): boolean {
  const { hash: claimed, ...metadata } = stored.metadata;
  if (metadata['prevHash'] !== prevHash) return false;
  const dataJson = canonicalJson(stored.data);
  return claimed === chainHash(prevHash, { ...stored, dataJson, metadataJson: canonicalJson(metadata) });
}

/** The hash an event carries; empty when it carries none. */
export function hashOf(event: Pick<EventEnvelope, 'metadata'>): string {
  const { hash: value } = event.metadata;
  return typeof value === 'string' ? value : NO_HASH;
}

export interface ChainProblem {
  readonly stream: string;
  readonly revision: number;
  readonly reason: 'revision out of order' | 'another stream' | 'previous hash differs' | 'hash differs';
}

export interface ChainReport {
  /** Events found in order before the problem, or all of them. */
  readonly verified: number;
  readonly tipHash: string;
  readonly problem?: ChainProblem;
}

/** Where a walk begins when not at a stream's first event. */
export interface ChainStart {
  /** Revision of the event before; -1 for none. */
  readonly revision: number;
  readonly tipHash: string;
}

/** Walks the events of one stream, oldest first, and stops at the first that does not fit. */
export async function verifyStream(
  events: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  start: ChainStart = { revision: -1, tipHash: NO_HASH },
): Promise<ChainReport> {
  let { revision, tipHash } = start;
  let stream: string | undefined;
  for await (const event of events) {
    stream ??= event.stream;
    const reason = problemOf(event, stream, revision + 1, tipHash);
    if (reason !== undefined) {
      const problem = { stream, revision: event.revision, reason };
      return { verified: revision - start.revision, tipHash, problem };
    }
    revision = event.revision;
    tipHash = hashOf(event);
  }
  return { verified: revision - start.revision, tipHash };
}

function problemOf(
  event: StoredEvent,
  stream: string,
  revision: number,
  prevHash: string,
): ChainProblem['reason'] | undefined {
  if (event.stream !== stream) return 'another stream';
  if (event.revision !== revision) return 'revision out of order';
  if (event.metadata['prevHash'] !== prevHash) return 'previous hash differs';
  return verifyHash(event, prevHash) ? undefined : 'hash differs';
}
