import type { SqliteDatabase } from '../read-model/sqlite-database.js';
import type { LiveReadModels } from './live-read-models.js';
import type { RebuildProgress } from './rebuild-progress.js';

/** State of one projection unit. */
export interface ProjectionStatus {
  readonly name: string;
  readonly generation: number;
  /** Of the projection's code. */
  readonly version: number;
  readonly state: 'live' | 'stopped';
  /** How far the live generation has applied the log. */
  readonly position: string | undefined;
  /** The last event that concerns projections. */
  readonly head: string | undefined;
  readonly error?: string;
  readonly rebuild?: RebuildProgress;
}

/** The read models of one process, wherever they are kept. An abstract class, so that it can be injected. */
export abstract class ReadModels implements LiveReadModels {
  abstract database(unit: string): SqliteDatabase;
  abstract caughtUp(unit: string): Promise<void>;
  abstract longQuery<Result>(unit: string, request: unknown): Promise<Result>;

  /** State of every unit, in a fixed order. */
  abstract status(): readonly ProjectionStatus[] | Promise<readonly ProjectionStatus[]>;

  /** Begins to rebuild a unit beside its live generation, or joins the rebuild that runs; `status` tells how far it is. */
  abstract startRebuild(unit: string): void | Promise<void>;
}
