// For a store without transactions over streams: claims are taken before the change and given back after it, each in an
// append of its own. Whatever ends in between, a value has one holder at most, and can be taken over.
import { AppendTooLarge, OutcomeUnknown, RevisionConflict, StoreUnavailable } from '../event-store/errors.js';
import type { StreamWrite } from '../event-store/event-log.js';
import type { ResourceState } from '../resources/evolve.js';
import type { ResourceType } from '../resources/resource-type.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import type { Claims } from './claims.js';
import type { ResourceResult } from './resource-command.js';
import type { ResourceStreams } from './resource-streams.js';
import { ResourceWrites, type PlannedWrite } from './resource-writes.js';
import type { SequencedClaims } from './sequenced-claims.js';
import type { WriteTiming } from './write-timing.js';

/** Members that one request may change: what belongs together is one append, and those have a limit. */
const MEMBERS_PER_REQUEST = 20_000;
const RETRY_AFTER_SECONDS = 5;

export class SequencedWrites extends ResourceWrites {
  constructor(
    private readonly streams: ResourceStreams,
    private readonly claims: Claims,
    private readonly sequenced: SequencedClaims,
    private readonly timing: WriteTiming,
  ) {
    super();
  }

  async commit(write: PlannedWrite): Promise<ResourceResult> {
    const { type, id, own, lost, context } = write;
    checkMembers(type, own);
    // Read before the change: who claims such a value later for this resource does not lose it by the release.
    const releases = await this.claims.releaseAll(lost, id);
    const taken = await this.#takeAll(write);
    const state = await this.#change(write, taken);
    // When there is no time left, whoever wants such a value takes it over.
    if (!this.#isLate(write)) await this.sequenced.release(releases, context);
    return { id, state };
  }

  async #takeAll(write: PlannedWrite): Promise<readonly StreamWrite[]> {
    const taken: StreamWrite[] = [];
    // In the same order everywhere: no two commands wait for each other.
    const inOrder = write.gained.toSorted((a, b) => (a.stream < b.stream ? -1 : 1));
    try {
      for (const claim of inOrder) taken.push(...(await this.sequenced.take(claim, write)));
      if (taken.length > 0 && this.#isLate(write)) {
        throw scimErrors.unavailable('The event store takes too long.', RETRY_AFTER_SECONDS);
      }
      return taken;
    } catch (error) {
      await this.sequenced.release(taken, write.context);
      if (!(error instanceof OutcomeUnknown)) throw error;
      throw new StoreUnavailable('It is not known whether a value was claimed', { cause: error });
    }
  }

  async #change(write: PlannedWrite, taken: readonly StreamWrite[]): Promise<ResourceState> {
    const { type, own, before, context } = write;
    try {
      return await this.streams.commit(type, [own], before, context);
    } catch (error) {
      // A change of unknown outcome may still come to stand: then it needs its claims.
      if (!(error instanceof OutcomeUnknown)) await this.sequenced.release(taken, context);
      throw toRefusal(error, write);
    }
  }

  #isLate({ context }: PlannedWrite): boolean {
    return this.timing.now() >= Date.parse(context.occurredAt) + this.timing.stepsMs;
  }
}

/** @throws ScimError 413 */
function checkMembers({ vocabulary: { members: names } }: ResourceType, { events }: StreamWrite): void {
  const changed = events
    .filter(({ type }) => type === names?.added || type === names?.removed)
    // Written by the decision as a list.
    .reduce((count, { data }) => count + (data['members'] as readonly unknown[]).length, 0);
  if (changed > MEMBERS_PER_REQUEST) {
    throw scimErrors.payloadTooLarge(`${MEMBERS_PER_REQUEST} members that are added or removed at once`);
  }
}

function toRefusal(error: unknown, { before }: PlannedWrite): unknown {
  if (error instanceof AppendTooLarge) {
    return scimErrors.payloadTooLarge(`${error.limitBytes} bytes of events for one change`);
  }
  if (error instanceof RevisionConflict && before === undefined) {
    return scimErrors.unavailable('The request took so long that another one has passed it.', 1);
  }
  return error;
}
