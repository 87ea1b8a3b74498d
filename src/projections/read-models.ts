import type { ReadDatabase } from '../read-model/read-database.js';
import type { LiveReadModels } from './live-read-models.js';
import type { RebuildReport } from './rebuild-progress.js';

/** State of one projection unit. */
export interface ProjectionStatus {
  readonly name: string;
  /** Undefined before the first one is built. */
  readonly generation: number | undefined;
  /** Of the projection's code. */
  readonly version: number;
  readonly state: 'building' | 'live' | 'stopped';
  /** How far the live generation has applied the log. */
  readonly position: string | undefined;
  /** The last event that concerns projections. */
  readonly head: string | undefined;
  readonly error?: string;
  readonly rebuild?: RebuildReport;
  /** Version that the live generation is of, where another release may have made it: readers wait for their own. */
  readonly generationVersion?: number | undefined;
  /** The process that makes it, where that may be another one. */
  readonly owner?: string | undefined;
}

/** The read models of one process, wherever they are kept. An abstract class, so that it can be injected. */
export abstract class ReadModels implements LiveReadModels {
  abstract database(unit: string): ReadDatabase;
  abstract caughtUp(unit: string): Promise<void>;
  abstract longQuery<Result>(unit: string, request: unknown): Promise<Result>;

  /** Resolves when every unit can be read. @throws ReadModelBehind when that takes longer than `timeoutMs` */
  abstract built(timeoutMs: number): Promise<void>;

  /** State of every unit, in a fixed order. */
  abstract status(): readonly ProjectionStatus[] | Promise<readonly ProjectionStatus[]>;

  /** Begins to rebuild a unit beside its live generation, or joins the rebuild that runs; `status` tells how far it is. What it
   * returns may have to be awaited before that. */
  abstract rebuild(unit: string): unknown;
}
