// Claims one append at a time, for a store without transactions over streams. What makes them right:
// - Every attempt to create or rename claims anew, at the claim's exact revision, after it has loaded its resource and
//   before it changes it. No attempt relies on what another one has claimed.
// - A claim is given back by the attempt that made it out of nothing and failed, or after the change that left the value,
//   at the revision that was seen before: never under a claim that came later.
// - Who takes a value over from a command that may still be on the way appends to its resource's stream first, at the
//   revision which that command expects: it finds a conflict from then on, however late it comes.
import { randomUUID } from 'node:crypto';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { OutcomeUnknown, RevisionConflict, StoreUnavailable } from '../event-store/errors.js';
import type { EventLog, StreamWrite } from '../event-store/event-log.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import { ownerOf } from './claim-owner.js';
import {
  NEVER_HELD,
  releasing,
  taking,
  type Claim,
  type Claims,
  type ClaimTip,
  type StreamPlace,
} from './claims.js';
import type { PlannedWrite } from './resource-writes.js';
import type { WriteTiming } from './write-timing.js';

const LONGEST_PAUSE_MS = 100;
const RETRY_AFTER_SECONDS = 5;

/** Whose claim is to be taken, for whom. */
type Taker = Pick<PlannedWrite, 'type' | 'id' | 'context'>;

export class SequencedClaims {
  constructor(
    private readonly log: EventLog,
    private readonly claims: Claims,
    private readonly timing: WriteTiming,
  ) {}

  /**
   * Claims a value, taking it over from whoever has abandoned it.
   *
   * @returns what gives it back when the change fails; nothing where another attempt for the same resource, which may
   *   have succeeded, had claimed the value as well
   * @throws ScimError 409 `uniqueness` when another resource holds it; 503 when another may be about to hold it
   */
  async take(claim: Claim, taker: Taker): Promise<readonly StreamWrite[]> {
    const { id, context } = taker;
    // Most names are new. One that is not has a stream, which says whether it is free.
    let tip = NEVER_HELD;
    for (;;) {
      const claimed = await this.#tryToAppend(taking(claim, tip, id, context.commandId), context);
      if (claimed) return tip.holder?.ownerId === id ? [] : [releasing(claim, claimed, id)];
      if (tip !== NEVER_HELD && this.#isOver(context)) throw pendingElsewhere(claim);
      tip = await this.#whenFree(claim, taker);
    }
  }

  /** Gives values back, if the store lets it. */
  async release(writes: readonly StreamWrite[], context: CommandContext): Promise<void> {
    await Promise.all(
      writes.map(async (write) => {
        try {
          await this.#tryToAppend(write, context);
        } catch (error) {
          // What was decided stands without it, and whoever wants the value takes it over.
          if (!(error instanceof OutcomeUnknown || error instanceof StoreUnavailable)) throw error;
        }
      }),
    );
  }

  async #whenFree(claim: Claim, taker: Taker): Promise<ClaimTip> {
    const { type, id, context } = taker;
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const tip = await this.claims.look(claim);
      const { holder } = tip;
      // A claim of its own was made by an attempt, or a command, that the resource's exact revision keeps apart.
      if (holder === undefined || holder.ownerId === id) return tip;
      const place = { tenant: context.tenant, type, claim };
      const owner = await ownerOf(this.log, this.claims, place, holder);
      if (owner.type === 'holds') throw scimErrors.uniqueness(claim.attribute, claim.value);
      if (owner.type === 'gone') return tip;
      const isAbandoned =
        Math.abs(this.timing.now() - Date.parse(holder.claimedAt)) >= this.timing.politenessMs;
      if (isAbandoned && (await this.#tryToAppend(owner.fence, context))) return tip;
      if (this.#isOver(context)) throw pendingElsewhere(claim);
      await this.timing.pause(pauseMs);
    }
  }

  // Counted from the command's time: in the queue for the same name many would wait one after the other.
  #isOver({ occurredAt }: CommandContext): boolean {
    return this.timing.now() >= Date.parse(occurredAt) + this.timing.ownerWaitMs;
  }

  /** Where the stream ends now; undefined when somebody else has moved it. */
  async #tryToAppend(write: StreamWrite, context: CommandContext): Promise<StreamPlace | undefined> {
    try {
      const { events } = await this.log.append([write], stepOf(context));
      const last = events.at(-1);
      return last && { revision: last.revision, tipHash: last.metadata.hash };
    } catch (error) {
      if (error instanceof RevisionConflict) return undefined;
      throw error;
    }
  }
}

/**
 * An append beside the command's own. Its ids must be new each time: a command may come back to a claim's stream, and
 * an append that the store takes for a repetition would say nothing about who holds the claim now.
 */
function stepOf({ request, ...context }: CommandContext): CommandContext {
  const step = { ...context, commandId: randomUUID(), causationId: context.commandId };
  if (request === undefined) return step;
  // Nothing here is sealed: what a person's event seals does not stand beside it in clear.
  const { ip: _ip, userAgent: _userAgent, ...clear } = request;
  return { ...step, request: clear };
}

function pendingElsewhere({ attribute }: Claim): Error {
  return scimErrors.unavailable(
    `Another request is about to use this value of ${attribute}.`,
    RETRY_AFTER_SECONDS,
  );
}
