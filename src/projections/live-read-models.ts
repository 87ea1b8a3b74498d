import type { ReadDatabase } from '../read-model/read-database.js';

/** What a reader needs of the projections: the live generation, and where long work is done. */
export interface LiveReadModels {
  /** The database of a unit's live generation. Ask again for each query: a rebuild puts another in its place. */
  database(unit: string): ReadDatabase;
  /** Waits until a unit has applied everything that is in the log now. @throws Error when it has stopped */
  caughtUp(unit: string): Promise<void>;
  /** Runs a unit's long query where it keeps nobody waiting. @throws SearchTooLong */
  longQuery<Result>(unit: string, request: unknown): Promise<Result>;
}
