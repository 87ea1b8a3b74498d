// Old shapes of event data, brought to the newest at read. What is stored never changes.
import type { JsonObject } from '../json.js';

/**
 * Data of one schema version to that of the next; pure. Of an erased event only the clear part is there, so
 * members may be missing.
 */
export type Upcaster = (data: JsonObject) => JsonObject;

/** By event type: the upcaster from version n stands at index n - 1. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>;

/** Every event type is still at its first version. */
export const UPCASTERS: Upcasters = {};

export function upcast(
  type: string,
  schemaVersion: number,
  data: JsonObject,
  upcasters: Upcasters = UPCASTERS,
): JsonObject {
  if (!Object.hasOwn(upcasters, type)) return data;
  const steps = upcasters[type] ?? [];
  return steps.slice(schemaVersion - 1).reduce((current, step) => step(current), data);
}
