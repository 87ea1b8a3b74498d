import { RevisionConflict } from '../event-store/errors.js';
import { scimErrors } from '../scim/messages/scim-error.js';
import type { WriteTiming } from './write-timing.js';

/**
 * Attempts again, from the load on, when others moved the stream meanwhile.
 * @throws ScimError 503 when they still do at the deadline, and whatever an attempt throws
 */
export async function decideAgainOnConflict<T>(timing: WriteTiming, attempt: () => Promise<T>): Promise<T> {
  const deadline = timing.now() + timing.conflictMs;
  for (let conflicts = 1; ; conflicts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      // With a version in If-Match the next attempt finds the newer one and answers 412.
      if (timing.now() >= deadline)
        throw scimErrors.unavailable('The resource is being changed by others.', 1);
    }
    // Whoever lost the race with this one decides again too: pauses of random length keep them from meeting anew.
    await timing.pause(1 + Math.random() * Math.min(19, 2 ** conflicts));
  }
}
