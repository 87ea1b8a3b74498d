import { auditUnit } from './audit/index.js';
import { directoryUnit } from './directory/index.js';
import type { ProjectionUnit } from './projection.js';

/** Every projection unit. `isInline` rows are committed with the log; the others follow it. */
export const UNITS: readonly { readonly unit: ProjectionUnit; readonly isInline: boolean }[] = [
  { unit: directoryUnit, isInline: true },
  { unit: auditUnit, isInline: false },
];

/** @throws Error when there is no such unit: names come from this table */
export function unitNamed(name: string): ProjectionUnit {
  const found = UNITS.find(({ unit }) => unit.name === name);
  if (!found) throw new Error(`no projection '${name}'`);
  return found.unit;
}
