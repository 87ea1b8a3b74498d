import { isPassing } from '../../read-model/postgres-errors.js';

// Errors of the event store and of key stores, by the names that they give themselves.
const PASSING_NAMES = new Set(['StoreUnavailable', 'OutcomeUnknown', 'DatabaseUnavailable']);

/** Whether trying again later may help: something is away, rather than wrong. */
export function isTransient(error: unknown): boolean {
  return isPassing(error) || (error instanceof Error && PASSING_NAMES.has(error.name));
}
