// One unique value of a tenant is a stream: whoever has appended the last NameClaimed to it holds the name.
import { Inject, Injectable } from '@nestjs/common';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { hmacSha256 } from '../event-store/envelope/hmac.js';
import { EventLog, type LoadedStream, type StreamWrite } from '../event-store/event-log.js';
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
  takeNew(claim: Claim, ownerId: string, context: CommandContext): StreamWrite {
    return taking(claim, NEVER_HELD, ownerId, context);
  }

  /**
   * Writes that claim a value for an owner. Must be committed together with what the owner does with it.
   * @throws ScimError 409 `uniqueness` when another resource holds it
   */
  async take(claim: Claim, ownerId: string, context: CommandContext): Promise<StreamWrite> {
    const loaded = await this.log.load(claim.stream);
    if (holderOf(loaded) !== undefined) throw scimErrors.uniqueness(claim.attribute, claim.value);
    return taking(claim, loaded, ownerId, context);
  }

  /** Writes that give a value back; none when the owner does not hold it. */
  async release(claim: Claim, ownerId: string): Promise<readonly StreamWrite[]> {
    const loaded = await this.log.load(claim.stream);
    if (holderOf(loaded) !== ownerId) return [];
    return [
      write(claim, loaded, { type: 'NameReleased', schemaVersion: 1, data: { kind: claim.kind, ownerId } }),
    ];
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

const NEVER_HELD = { revision: -1, tipHash: '' };

function taking(
  claim: Claim,
  at: Pick<LoadedStream, 'revision' | 'tipHash'>,
  ownerId: string,
  { commandId }: CommandContext,
): StreamWrite {
  const data = { kind: claim.kind, ownerId, commandId };
  return write(claim, at, { type: 'NameClaimed', schemaVersion: 1, data });
}

function holderOf({ events }: LoadedStream): string | undefined {
  const last = events.at(-1);
  const ownerId = last?.type === 'NameClaimed' ? last.data['ownerId'] : undefined;
  return typeof ownerId === 'string' ? ownerId : undefined;
}

function write(
  claim: Claim,
  { revision, tipHash }: Pick<LoadedStream, 'revision' | 'tipHash'>,
  event: StreamWrite['events'][number],
): StreamWrite {
  return { stream: claim.stream, revision, tipHash, events: [event] };
}
