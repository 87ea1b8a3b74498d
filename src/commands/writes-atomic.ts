// For a store that appends to several streams in one transaction: a resource and its claims stand together or not at all.
import { RevisionConflict } from '../event-store/errors.js';
import type { StreamWrite } from '../event-store/event-log.js';
import type { ResourceState } from '../resources/evolve.js';
import type { Claims } from './claims.js';
import type { ResourceResult } from './resource-command.js';
import type { ResourceStreams } from './resource-streams.js';
import { ResourceWrites, type PlannedWrite } from './resource-writes.js';

export class AtomicWrites extends ResourceWrites {
  constructor(
    private readonly streams: ResourceStreams,
    private readonly claims: Claims,
  ) {
    super();
  }

  commit(write: PlannedWrite): Promise<ResourceResult> {
    return write.before ? this.#change(write) : this.#create(write);
  }

  async #create(write: PlannedWrite): Promise<ResourceResult> {
    const { id, gained, context } = write;
    try {
      const taken = gained.map((claim) => this.claims.takeNew(claim, id, context));
      return { id, state: await this.#append(write, taken) };
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      // Most names are new. One that is not has a stream, which says whether it is free.
      return { id, state: await this.#append(write, await this.#takeAll(write)) };
    }
  }

  async #change(write: PlannedWrite): Promise<ResourceResult> {
    const taken = write.gained.length > 0 ? await this.#takeAll(write) : [];
    const released = write.lost.length > 0 ? await this.claims.releaseAll(write.lost, write.id) : [];
    return { id: write.id, state: await this.#append(write, [...taken, ...released]) };
  }

  #append(
    { type, own, before, context }: PlannedWrite,
    claims: readonly StreamWrite[],
  ): Promise<ResourceState> {
    return this.streams.commit(type, [own, ...claims], before, context);
  }

  #takeAll({ gained, id, context }: PlannedWrite): Promise<readonly StreamWrite[]> {
    return Promise.all(gained.map((claim) => this.claims.take(claim, id, context)));
  }
}
