// Builds the metadata of a command's events, and its canonical text beside it: the parts that all events of the
// command share are printed once.
import { canonicalJson } from '../json.js';
import { chainHash } from './chain.js';
import type { CommandContext, RequestInfo } from './command-context.js';
import type { EventMetadata, NewEvent } from './ledger-event.js';

/** What the metadata says of one event. */
export interface EventPlace {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly dataJson: string;
  readonly prevHash: string;
  readonly seal?: { readonly keyId: number; readonly keyHash: string };
}

export interface WrittenMetadata {
  readonly metadata: EventMetadata;
  /** Canonical text of the same. */
  readonly metadataJson: string;
}

export class MetadataWriter {
  readonly #tenant: string;
  readonly #first: ReturnType<typeof headOf>;
  readonly #second: ReturnType<typeof middleOf>;
  readonly #request: RequestInfo | undefined;
  readonly #size: number;
  readonly #head: string;
  readonly #middle: string;
  readonly #requestText: string;
  readonly #tail: string;
  #index = 0;

  constructor(context: CommandContext, events: readonly NewEvent[]) {
    this.#tenant = context.tenant;
    this.#first = headOf(context);
    this.#second = middleOf(context);
    this.#size = events.length;
    // what one event of the command seals, none of them says in clear
    const isPersonal = events.some(({ clear }) => clear !== undefined);
    this.#request = context.request && (isPersonal ? withoutClient(context.request) : context.request);
    this.#head = open(canonicalJson(this.#first));
    this.#middle = inner(canonicalJson(this.#second));
    this.#requestText = this.#request ? `"request":${canonicalJson(this.#request)},` : '';
    this.#tail = inner(canonicalJson({ tenant: context.tenant }));
  }

  /** The metadata of the command's next event. */
  write(place: EventPlace): WrittenMetadata {
    const commandIndex = this.#index;
    this.#index += 1;
    // RFC 8785 §3.2.3: members in this order; `hash` comes right after `commandSize`
    const before = `${this.#head},"commandIndex":${commandIndex},"commandSize":${this.#size},`;
    const after =
      (place.seal ? `"keyHash":"${place.seal.keyHash}","keyId":${place.seal.keyId},` : '') +
      `${this.#middle},"prevHash":"${place.prevHash}",${this.#requestText}` +
      `"schemaVersion":${place.schemaVersion},${this.#tail}}`;
    const hash = chainHash(place.prevHash, { ...place, metadataJson: before + after });
    return {
      metadata: this.#metadata(place, commandIndex, hash),
      metadataJson: `${before}"hash":"${hash}",${after}`,
    };
  }

  #metadata(
    { seal, prevHash, schemaVersion }: EventPlace,
    commandIndex: number,
    hash: string,
  ): EventMetadata {
    return {
      ...this.#first,
      commandIndex,
      commandSize: this.#size,
      hash,
      ...seal,
      ...this.#second,
      prevHash,
      ...(this.#request ? { request: this.#request } : {}),
      schemaVersion,
      tenant: this.#tenant,
    };
  }
}

function headOf({ commandId, correlationId, causationId, actor }: CommandContext) {
  return { $causationId: causationId ?? commandId, $correlationId: correlationId, actor, commandId };
}

function middleOf({ leniencies, occurredAt }: CommandContext) {
  const names = [...(leniencies ?? [])].toSorted();
  return names.length > 0 ? { leniencies: names, occurredAt } : { occurredAt };
}

function withoutClient({ ip: _ip, userAgent: _userAgent, ...rest }: RequestInfo): RequestInfo {
  return rest;
}

function open(object: string): string {
  return object.slice(0, -1);
}

function inner(object: string): string {
  return object.slice(1, -1);
}
