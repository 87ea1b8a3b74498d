// Between decided events and what the log holds: sealing of what is personal, metadata, hash chain, and the way back.
import type { EventEnvelope, StoredEvent } from '../event-store.js';
import { canonicalJson, isJsonObject, type JsonObject, parseJsonObject } from '../json.js';
import type { CommandContext, RequestInfo } from './command-context.js';
import type { EventMetadata, LedgerEvent, NewEvent } from './ledger-event.js';
import { MetadataWriter } from './metadata-writer.js';
import { eventKey, keyHashOf, seal, unseal } from './seal.js';
import { upcast, UPCASTERS, type Upcasters } from './upcasters.js';
import { uuidV5 } from './uuid.js';

/** What the codec needs of the key store. */
export interface UserKeys {
  /** 32 bytes; undefined when the key was destroyed. */
  userKey(keyId: number): Buffer | undefined;
  /** Is told which keys will be asked for next. */
  prefetch?(keyIds: readonly number[]): void;
  /** Fetches keys that `userKey` has not got by itself. */
  load?(keyIds: readonly number[]): Promise<void>;
}

/** Events of one command for one stream, at the place where they are to stand. */
export interface SealRequest {
  readonly stream: string;
  readonly firstRevision: number;
  /** Hash of the event before them; empty at the start of a stream. */
  readonly prevHash: string;
  readonly events: readonly NewEvent[];
  /** The user's key; personal events need it. */
  readonly keyId?: number;
}

/** A stored event cannot be opened: it was altered, is not of this product, or its key is another log's. */
export class EventUnreadable extends Error {
  override readonly name = 'EventUnreadable';

  constructor({ id, stream, revision }: StoredEvent, reason: string, options?: ErrorOptions) {
    super(`Event ${id} (${stream}@${revision}) ${reason}`, options);
  }
}

interface Opened {
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
  readonly erased: boolean;
}

// An append's own events come back opened, without decrypting what was just sealed.
class JustSealed implements Opened {
  readonly erased = false;

  constructor(
    readonly data: JsonObject,
    readonly metadata: EventMetadata,
  ) {}
}

interface StoredData {
  readonly data: JsonObject;
  readonly dataJson: string;
  readonly seal?: { readonly keyId: number; readonly keyHash: string };
}

export class EventCodec {
  readonly #keys: UserKeys;
  readonly #upcasters: Upcasters;

  constructor(keys: UserKeys, upcasters: Upcasters = UPCASTERS) {
    this.#keys = keys;
    this.#upcasters = upcasters;
  }

  /**
   * The envelopes of all events of one command, grouped and ordered as given. Their ids follow from the command's
   * id, the stream and the place in it, so that repeating a command repeats the ids.
   *
   * @throws Error when a personal event has no key, or its key was destroyed
   */
  seal(requests: readonly SealRequest[], context: CommandContext): EventEnvelope[][] {
    const all = requests.flatMap(({ events }) => events);
    const writer = new MetadataWriter(context, all);
    return requests.map((request) => this.#sealStream(request, context, writer));
  }

  /** @throws EventUnreadable; KeyMissing when the key store never had the key */
  open(stored: StoredEvent): LedgerEvent {
    const { id, stream, revision, position, type } = stored;
    const { source } = stored;
    const { data, metadata, erased } = source instanceof JustSealed ? source : this.#opened(stored);
    const newest = upcast(type, metadata.schemaVersion, data, this.#upcasters);
    return { id, stream, revision, position, type, data: newest, metadata, erased };
  }

  /** Fetches what opening these events needs. Nothing to wait for where keys are at hand. */
  ready(events: readonly StoredEvent[]): Promise<void> | undefined {
    return this.#keys.load?.(keyIdsOf(events));
  }

  /** Fetches what sealing with these keys needs. */
  readyToSeal(requests: readonly SealRequest[]): Promise<void> | undefined {
    return this.#keys.load?.(requests.flatMap(({ keyId }) => (keyId === undefined ? [] : [keyId])));
  }

  /** Opens many events, one after the other as they are taken. @throws as `open` */
  *openAll(page: readonly StoredEvent[]): Generator<LedgerEvent> {
    this.#keys.prefetch?.(keyIdsOf(page));
    for (const stored of page) yield this.open(stored);
  }

  #sealStream(request: SealRequest, context: CommandContext, writer: MetadataWriter): EventEnvelope[] {
    const { stream, firstRevision, events, keyId } = request;
    const userKey = keyId === undefined ? undefined : this.#keys.userKey(keyId);
    let { prevHash } = request;
    return events.map((event, index) => {
      const id = uuidV5(context.commandId, `${stream} ${index}`);
      const { type, schemaVersion } = event;
      const { data, ...stored } = storedData(event, id, keyId, userKey, context.request);
      const revision = firstRevision + index;
      const written = writer.write({ stream, revision, id, type, schemaVersion, prevHash, ...stored });
      prevHash = written.metadata.hash;
      const { metadata, metadataJson } = written;
      const source = justSealed(event, metadata, context.request);
      return { id, type, data, dataJson: stored.dataJson, metadata, metadataJson, source };
    });
  }

  #opened(stored: StoredEvent): Opened {
    const { data, metadata } = stored;
    if (!isEventMetadata(metadata)) throw new EventUnreadable(stored, 'has no metadata of this product');
    const { sealed, ...clear } = data;
    if (metadata.keyId === undefined || typeof sealed !== 'string') return { data, metadata, erased: false };
    const userKey = this.#keys.userKey(metadata.keyId);
    if (userKey === undefined) return { data: clear, metadata, erased: true };
    return openWithKey(stored, metadata, eventKey(userKey, stored.id), sealed);
  }
}

function justSealed(
  { data, clear }: NewEvent,
  metadata: EventMetadata,
  request: RequestInfo | undefined,
): JustSealed {
  return new JustSealed(data, clear && request ? { ...metadata, request } : metadata);
}

function keyIdsOf(events: readonly StoredEvent[]): readonly number[] {
  const keyIds = new Set<number>();
  for (const { metadata } of events) {
    const { keyId } = metadata;
    if (typeof keyId === 'number') keyIds.add(keyId);
  }
  return [...keyIds];
}

function storedData(
  event: NewEvent,
  id: string,
  keyId: number | undefined,
  userKey: Buffer | undefined,
  request: RequestInfo | undefined,
): StoredData {
  const { clear } = event;
  if (clear === undefined) return { data: event.data, dataJson: canonicalJson(event.data) };
  if (keyId === undefined) throw new Error(`${event.type} is personal and was given no key`);
  if (userKey === undefined)
    throw new Error(`${event.type} is about an erased person: key ${keyId} is destroyed`);
  const key = eventKey(userKey, id);
  const client = clientOf(request);
  const sealed = seal(
    key,
    canonicalJson(client ? { data: event.data, request: client } : { data: event.data }),
  );
  const data = { ...clear, sealed };
  return { data, dataJson: canonicalJson(data), seal: { keyId, keyHash: keyHashOf(key) } };
}

// the part of a request that is personal
function clientOf(request: RequestInfo | undefined): Pick<RequestInfo, 'ip' | 'userAgent'> | undefined {
  const { ip, userAgent } = request ?? {};
  if (ip === undefined && userAgent === undefined) return undefined;
  return { ...(ip === undefined ? {} : { ip }), ...(userAgent === undefined ? {} : { userAgent }) };
}

function openWithKey(stored: StoredEvent, metadata: EventMetadata, key: Buffer, sealed: string): Opened {
  const { data, request } = unsealed(stored, key, sealed);
  if (!isJsonObject(data)) throw new EventUnreadable(stored, 'holds no data under its seal');
  if (!isJsonObject(request) || metadata.request === undefined) return { data, metadata, erased: false };
  return { data, metadata: { ...metadata, request: { ...metadata.request, ...request } }, erased: false };
}

function unsealed(stored: StoredEvent, key: Buffer, sealed: string): JsonObject {
  try {
    return parseJsonObject(unseal(key, sealed));
  } catch (error) {
    throw new EventUnreadable(stored, 'does not open with its key', { cause: error });
  }
}

// enough to tell our events from those that others may have put into a shared store
function isEventMetadata(metadata: JsonObject): metadata is EventMetadata {
  return (
    typeof metadata['hash'] === 'string' &&
    typeof metadata['commandId'] === 'string' &&
    typeof metadata['occurredAt'] === 'string' &&
    typeof metadata['schemaVersion'] === 'number'
  );
}
