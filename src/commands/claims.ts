// One unique value of a tenant is a stream: whoever has appended the last NameClaimed to it holds the name.
import { Inject, Injectable } from '@nestjs/common';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { hmacSha256 } from '../event-store/envelope/hmac.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { EventLog, type StreamWrite } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import { KEYS, type Keys } from '../keys/keys.js';
import { getAt } from '../resources/attribute-paths.js';
import type { ResourceAttributes, ResourceType } from '../resources/resource-type.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import { fold } from '../scim/schema/fold.js';

/** A unique value that a resource holds or wants. */
export interface Claim {
  readonly stream: string;
  /** Which attribute of which type, for example `User.userName`. */
  readonly kind: string;
  readonly attribute: string;
  readonly value: string;
}

/** Who has claimed a value. */
export interface Holder {
  readonly ownerId: string;
  /** The command that claimed it; the owner's own events of that command say that it has come to its end. */
  readonly commandId: string;
  /** ISO 8601, UTC; by the clock of whoever claimed it. */
  readonly claimedAt: string;
}

/** Where a stream ends: the next event must stand right after. */
export type StreamPlace = Pick<StreamWrite, 'revision' | 'tipHash'>;

/** The end of a value's stream. */
export interface ClaimTip extends StreamPlace {
  /** Undefined when nobody holds it. */
  readonly holder: Holder | undefined;
}

@Injectable()
export class Claims {
  readonly #hmacKeys = new Map<string, Buffer>();

  constructor(
    private readonly log: EventLog,
    @Inject(KEYS) private readonly keys: Keys,
  ) {}

  /** Fetches the tenant's key, before anything else is asked for in that tenant. Nothing to wait for once it is there. */
  ready(tenant: string): Promise<void> | undefined {
    if (this.#hmacKeys.has(tenant)) return undefined;
    const key = this.keys.tenantKey(tenant);
    if (!(key instanceof Promise)) return void this.#hmacKeys.set(tenant, key);
    return key.then((fetched) => void this.#hmacKeys.set(tenant, fetched));
  }

  /** The claims that a resource with these attributes holds. */
  of(tenant: string, type: ResourceType, attributes: ResourceAttributes): readonly Claim[] {
    return type.uniqueAttributes.flatMap((attribute) => {
      const value = getAt(attributes, attribute);
      return typeof value === 'string'
        ? [this.#claim(tenant, `${type.name}.${attribute}`, attribute, value)]
        : [];
    });
  }

  /** HMAC under the tenant's key: equal values can be matched, but the value cannot be read from it. */
  fingerprint(tenant: string, kind: string, value: string): string {
    return hmacSha256(this.#hmacKey(tenant), `${kind}\0${fold(value)}`);
  }

  /** As `take`, for a value that has never been held: the append is a revision conflict when it was. */
  takeNew(claim: Claim, ownerId: string, { commandId }: CommandContext): StreamWrite {
    return taking(claim, NEVER_HELD, ownerId, commandId);
  }

  /**
   * Writes that claim a value for an owner. Must be committed together with what the owner does with it.
   * @throws ScimError 409 `uniqueness` when another resource holds it
   */
  async take(claim: Claim, ownerId: string, { commandId }: CommandContext): Promise<StreamWrite> {
    const tip = await this.look(claim);
    if (tip.holder !== undefined) throw scimErrors.uniqueness(claim.attribute, claim.value);
    return taking(claim, tip, ownerId, commandId);
  }

  /** Where a value's stream ends, and who has claimed the value. */
  async look({ stream }: Claim): Promise<ClaimTip> {
    const { revision, tipHash, events } = await this.log.load(stream);
    return { revision, tipHash, holder: holderOf(events.at(-1)) };
  }

  /** Writes that give back those values that the owner holds. */
  async releaseAll(claims: readonly Claim[], ownerId: string): Promise<readonly StreamWrite[]> {
    const released = await Promise.all(claims.map((claim) => this.release(claim, ownerId)));
    return released.flat();
  }

  /** Writes that give a value back; none when the owner does not hold it. */
  async release(claim: Claim, ownerId: string): Promise<readonly StreamWrite[]> {
    const tip = await this.look(claim);
    return tip.holder?.ownerId === ownerId ? [releasing(claim, tip, ownerId)] : [];
  }

  #hmacKey(tenant: string): Buffer {
    void this.ready(tenant);
    const key = this.#hmacKeys.get(tenant);
    if (key === undefined) throw new Error(`The key of tenant ${tenant} was not fetched`);
    return key;
  }

  #claim(tenant: string, kind: string, attribute: string, value: string): Claim {
    const stream = streamName(tenant, 'claim', this.fingerprint(tenant, kind, value));
    return { stream, kind, attribute, value };
  }
}

/** The end of a value's stream that does not exist. */
export const NEVER_HELD: ClaimTip = { revision: -1, tipHash: '', holder: undefined };

/** The write that claims a value for an owner. */
export function taking(
  { stream, kind }: Claim,
  { revision, tipHash }: StreamPlace,
  ownerId: string,
  commandId: string,
): StreamWrite {
  const event = { type: 'NameClaimed', schemaVersion: 1, data: { kind, ownerId, commandId } };
  return { stream, revision, tipHash, events: [event] };
}

/** The write that gives a value back. */
export function releasing(
  { stream, kind }: Claim,
  { revision, tipHash }: StreamPlace,
  ownerId: string,
): StreamWrite {
  const event = { type: 'NameReleased', schemaVersion: 1, data: { kind, ownerId } };
  return { stream, revision, tipHash, events: [event] };
}

function holderOf(last: LedgerEvent | undefined): Holder | undefined {
  if (last?.type !== 'NameClaimed') return undefined;
  const { ownerId, commandId } = last.data;
  if (typeof ownerId !== 'string') return undefined;
  return {
    ownerId,
    commandId: typeof commandId === 'string' ? commandId : '',
    claimedAt: last.metadata.occurredAt,
  };
}
