// What create, replace, patch and delete have in common: one at a time for each stream and name, the names that a change
// takes and gives up, and another look when the stream moved meanwhile.
import { Injectable } from '@nestjs/common';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { streamName } from '../event-store/stream-names.js';
import { decideChange, decideCreate, decideDelete, type MembersChange } from '../resources/decide.js';
import type { Member, ResourceAttributes } from '../resources/resource-type.js';
import { ScimError, scimErrors } from '../scim/messages/scim-error.js';
import { Claims, type Claim } from './claims.js';
import { decideAgainOnConflict } from './decide-again.js';
import { KeyedMutex } from './keyed-mutex.js';
import type { RequiredVersion, ResourceResult, ResourceWrite } from './resource-command.js';
import { ResourceStreams, type LoadedResource } from './resource-streams.js';
import { ResourceWrites } from './resource-writes.js';
import { WriteTiming } from './write-timing.js';

/** What a resource is to become. */
export interface Change {
  readonly attributes: ResourceAttributes;
  readonly members?: MembersChange;
}

/** A resource that is to be changed, and under what condition. */
export interface Target {
  readonly id: string;
  readonly ifMatch?: RequiredVersion | undefined;
}

@Injectable()
export class ResourceWriter {
  readonly #mutex = new KeyedMutex();

  constructor(
    private readonly streams: ResourceStreams,
    private readonly claims: Claims,
    private readonly writes: ResourceWrites,
    private readonly timing: WriteTiming,
  ) {}

  /** @throws ScimError 409 `uniqueness` when a unique value is taken; 413, 503 */
  async create(
    on: ResourceWrite,
    id: string,
    attributes: ResourceAttributes,
    members: readonly Member[],
  ): Promise<ResourceResult> {
    const { type } = on;
    const context = contextOf(on);
    await this.claims.ready(context.tenant);
    const gained = this.claims.of(context.tenant, type, attributes);
    const own = await this.streams.create(type, context.tenant, id, decideCreate(type, attributes, members));
    try {
      return await this.#holding(gained, () =>
        this.writes.commit({ type, id, own, before: undefined, gained, lost: [], context }),
      );
    } catch (error) {
      // Told before anything of the resource is written.
      if (error instanceof ScimError && error.scimType === 'uniqueness') this.streams.discard(own);
      throw error;
    }
  }

  /**
   * Changes a resource to what `decide` makes of it. Nothing is written when nothing changes.
   * @throws ScimError 404, 412, 409 `uniqueness`, 413, 503, and whatever `decide` throws
   */
  async change(
    on: ResourceWrite,
    target: Target,
    decide: (loaded: LoadedResource) => Promise<Change>,
  ): Promise<ResourceResult> {
    const { type } = on;
    return this.#onResource(on, target, async (loaded) => {
      const { attributes, members } = await decide(loaded);
      const context = contextOf(on);
      const { state: before } = loaded;
      const { id } = target;
      const events = decideChange(type, before.attributes, attributes, members);
      if (events.length === 0) return { id, state: before };
      const own = this.streams.change(loaded, events);
      const held = this.claims.of(context.tenant, type, before.attributes);
      const wanted = this.claims.of(context.tenant, type, attributes);
      const [lost, gained] = [without(held, wanted), without(wanted, held)];
      return this.#holding([...lost, ...gained], () =>
        this.writes.commit({ type, id, own, before, gained, lost, context }),
      );
    });
  }

  /** @throws ScimError 404, 412, 503 */
  async remove(on: ResourceWrite, target: Target): Promise<ResourceResult> {
    const { type } = on;
    const context = contextOf(on);
    return this.#onResource(on, target, async (loaded) => {
      const { state: before } = loaded;
      const own = this.streams.change(loaded, decideDelete(type));
      const lost = this.claims.of(context.tenant, type, before.attributes);
      return this.#holding(lost, () =>
        this.writes.commit({ type, id: target.id, own, before, gained: [], lost, context }),
      );
    });
  }

  async #onResource(
    { context, type }: ResourceWrite,
    { id, ifMatch }: Target,
    work: (loaded: LoadedResource) => Promise<ResourceResult>,
  ): Promise<ResourceResult> {
    await this.claims.ready(context.tenant);
    const stream = streamName(context.tenant, type.category, id);
    return this.#mutex.run([stream], () =>
      decideAgainOnConflict(this.timing, async () => {
        const loaded = await this.streams.load(type, context.tenant, id);
        if (!loaded) throw scimErrors.notFound(type.name, id);
        checkVersion(loaded, ifMatch);
        return work(loaded);
      }),
    );
  }

  // A resource's own stream is taken before its names, and names in sorted order: no two commands wait in a circle.
  #holding<T>(claims: readonly Claim[], work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(
      claims.map(({ stream }) => stream),
      work,
    );
  }
}

// Made when events are about to be written: by then it is known which leniencies the request needed.
function contextOf({ context, leniencies }: ResourceWrite): CommandContext {
  return leniencies.used.size === 0 ? context : { ...context, leniencies: [...leniencies.used] };
}

function without(claims: readonly Claim[] = [], others: readonly Claim[] = []): readonly Claim[] {
  return claims.filter(({ stream }) => !others.some((other) => other.stream === stream));
}

// RFC 7644 §3.14; compared weakly (DEC ETG-03).
function checkVersion({ revision }: LoadedResource, required: RequiredVersion | undefined): void {
  if (required === undefined || required === '*' || required.includes(revision)) return;
  throw scimErrors.preconditionFailed(`W/"${revision}"`);
}
