/** Rows are missing that the log has, and they cannot be added now: nothing may be read from or built on the rest. */
export class ReadModelBehind extends Error {
  override readonly name = 'ReadModelBehind';
}

export { NoLiveGeneration } from '../read-model/postgres-database.js';
export { DatabaseUnavailable } from '../read-model/postgres-errors.js';
