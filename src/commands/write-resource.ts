// What create, replace, patch and delete have in common: one at a time for each stream and name, claims committed
// together with the change they are for, and another look when the stream moved meanwhile.
import { Injectable } from '@nestjs/common';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import type { StreamWrite } from '../event-store/event-log.js';
import { RevisionConflict } from '../event-store/errors.js';
import { streamName } from '../event-store/stream-names.js';
import { decideChange, decideCreate, decideDelete, type MembersChange } from '../resources/decide.js';
import type { Member, ResourceAttributes } from '../resources/resource-type.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import { Claims, type Claim } from './claims.js';
import { KeyedMutex } from './keyed-mutex.js';
import type { RequiredVersion, ResourceResult, ResourceWrite } from './resource-command.js';
import { ResourceStreams, type LoadedResource } from './resource-streams.js';

/** How long a command decides again while others move its stream. */
const CONFLICT_DEADLINE_MS = 3000;

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
  ) {}

  /** @throws ScimError 409 `uniqueness` when a unique value is taken */
  async create(
    on: ResourceWrite,
    id: string,
    attributes: ResourceAttributes,
    members: readonly Member[],
  ): Promise<ResourceResult> {
    const { type } = on;
    const context = contextOf(on);
    await this.claims.ready(context.tenant);
    const claims = this.claims.of(context.tenant, type, attributes);
    const own = await this.streams.create(type, context.tenant, id, decideCreate(type, attributes, members));
    const commit = async (taken: readonly StreamWrite[]): Promise<ResourceResult> => {
      return { id, state: await this.streams.commit(type, [own, ...taken], undefined, context) };
    };
    return this.#holding(claims, async () => {
      try {
        return await commit(claims.map((claim) => this.claims.takeNew(claim, id, context)));
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
        // Most names are new. One that is not has a stream, which says whether it is free.
        return commit(await this.#takeAll(claims, id, context));
      }
    });
  }

  /**
   * Changes a resource to what `decide` makes of it. Nothing is written when nothing changes.
   * @throws ScimError 404, 412, 409 `uniqueness`, 503, and whatever `decide` throws
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
      const events = decideChange(type, loaded.state.attributes, attributes, members);
      if (events.length === 0) return { id: target.id, state: loaded.state };
      const [held, wanted] = [loaded.state.attributes, attributes].map((side) =>
        this.claims.of(context.tenant, type, side),
      );
      const [lost, gained] = [without(held, wanted), without(wanted, held)];
      return this.#holding([...lost, ...gained], async () => {
        const taken = await this.#takeAll(gained, target.id, context);
        const released = await this.#releaseAll(lost, target.id);
        const writes = [this.streams.change(loaded, events), ...taken, ...released] as const;
        return { id: target.id, state: await this.streams.commit(type, writes, loaded.state, context) };
      });
    });
  }

  /** @throws ScimError 404, 412, 503 */
  async remove(on: ResourceWrite, target: Target): Promise<ResourceResult> {
    const { type } = on;
    const context = contextOf(on);
    return this.#onResource(on, target, async (loaded) => {
      const claims = this.claims.of(context.tenant, type, loaded.state.attributes);
      return this.#holding(claims, async () => {
        const released = await this.#releaseAll(claims, target.id);
        const writes = [this.streams.change(loaded, decideDelete(type)), ...released] as const;
        return { id: target.id, state: await this.streams.commit(type, writes, loaded.state, context) };
      });
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
      decideAgainOnConflict(async () => {
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

  async #takeAll(claims: readonly Claim[], ownerId: string, context: CommandContext) {
    return Promise.all(claims.map((claim) => this.claims.take(claim, ownerId, context)));
  }

  async #releaseAll(claims: readonly Claim[], ownerId: string): Promise<readonly StreamWrite[]> {
    const released = await Promise.all(claims.map((claim) => this.claims.release(claim, ownerId)));
    return released.flat();
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

async function decideAgainOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + CONFLICT_DEADLINE_MS;
  for (let conflicts = 1; ; conflicts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      // With a version in If-Match the next attempt finds the newer one and answers 412.
      if (Date.now() >= deadline) throw scimErrors.unavailable('The resource is being changed by others.', 1);
    }
    // Whoever lost the race with this one decides again too: pauses of random length keep them from meeting anew.
    const pauseMs = 1 + Math.random() * Math.min(19, 2 ** conflicts);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
