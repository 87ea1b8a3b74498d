// What the control schema says of one unit, and what its owner writes there.
import type { PostgresConnection } from '../../read-model/postgres-connection.js';
import { row, rows, run } from '../../read-model/script.js';
import { newsOf } from './checkpoint-news.js';
import type { Names } from './names.js';

export type UnitState = 'building' | 'live' | 'stopped';

export type UnitRow = {
  unit: string;
  live: number | null;
  state: UnitState;
  error: string | null;
  owner: string | null;
  rebuild_wanted: number;
  rebuild: string | null;
  version: number | null;
  position: string | null;
};

/** SQL for every unit with its live generation's version and checkpoint. */
export function statusRows({ control }: Names): string {
  return `SELECT p.unit, p.live, p.state, p.error, p.owner, p.rebuild_wanted, p.rebuild, g.version, g.position
    FROM ${control}.projection p LEFT JOIN ${control}.generation g ON g.unit = p.unit AND g.number = p.live`;
}

/** SQL for the schema of the live generation of a unit, if it is of this version. */
export function liveSchemaSql({ control }: Names, unit: string, version: number): string {
  return `SELECT '${control}_' || p.unit || '_' || p.live AS schema
    FROM ${control}.projection p JOIN ${control}.generation g ON g.unit = p.unit AND g.number = p.live
    WHERE p.unit = '${unit}' AND g.version = ${version} AND g.is_complete = 1`;
}

/** The owner's hand on one unit's row. */
export class UnitTable {
  constructor(
    private readonly connection: PostgresConnection,
    private readonly names: Names,
    private readonly unit: string,
  ) {}

  async say(state: UnitState, owner: string, error?: string): Promise<void> {
    await this.connection.run(
      run(
        `UPDATE ${this.names.control}.projection SET state = ?, owner = ?, error = ? WHERE unit = ?`,
        state,
        owner,
        error ?? null,
        this.unit,
      ),
    );
  }

  async sayRebuild(progress: string): Promise<void> {
    await this.connection.run(
      run(`UPDATE ${this.names.control}.projection SET rebuild = ? WHERE unit = ?`, progress, this.unit),
    );
  }

  /** Grows with every wish for a rebuild. */
  async rebuildWanted(): Promise<number> {
    const found = await this.connection.run(
      row<{ wanted: number }>(
        `SELECT rebuild_wanted AS wanted FROM ${this.names.control}.projection WHERE unit = ?`,
        this.unit,
      ),
    );
    return found?.wanted ?? 0;
  }

  /** Makes a generation the live one, at once for every reader. */
  async point(number: number, position: string | undefined): Promise<void> {
    const { connection, names, unit } = this;
    await connection.transaction(function* () {
      yield* run(
        `UPDATE ${names.control}.projection SET live = ?, state = 'live', error = NULL WHERE unit = ?`,
        number,
        unit,
      );
      yield* run('SELECT pg_notify(?, ?)', names.control, newsOf(unit, number, position ?? ''));
    });
  }

  /**
   * Removes generations that are not live: replaced ones, and those that were never finished.
   * @param below only such numbers: those above may already be another owner's
   */
  async removeOthers(below = Number.MAX_SAFE_INTEGER): Promise<void> {
    const { connection, names, unit } = this;
    const others = await connection.run(
      rows<{ number: number }>(
        `SELECT g.number FROM ${names.control}.generation g JOIN ${names.control}.projection p ON p.unit = g.unit
         WHERE g.unit = ? AND g.number < ? AND g.number IS DISTINCT FROM p.live`,
        unit,
        below,
      ),
    );
    for (const { number } of others) {
      await connection.execute(`BEGIN; DROP SCHEMA IF EXISTS ${names.generation(unit, number)} CASCADE;
        DELETE FROM ${names.control}.generation WHERE unit = '${unit}' AND number = ${number}; COMMIT`);
    }
  }
}
