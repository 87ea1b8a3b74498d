import { valuesAt } from '../../../resources/attribute-paths.js';
import type { ResourceState } from '../../../resources/evolve.js';
import type { ResourceType } from '../../../resources/resource-type.js';
import type { IndexedValue } from '../../../read-model/documents.js';
import type { AttributeDefinition } from '../../../scim/schema/attribute.js';
import { timestampKey } from '../../../scim/schema/date-time.js';
import { comparableKey } from '../../../scim/schema/fold.js';

interface IndexedPath {
  readonly path: string;
  readonly definition: AttributeDefinition;
}

const compiled = new Map<ResourceType, readonly IndexedPath[]>();

/** Paths that every resource is found by, beside those its type names. */
export const META_PATHS = ['meta.created', 'meta.lastModified'] as const;

function definitionAt(type: ResourceType, path: string): AttributeDefinition {
  const resolved = type.schema.resolve(path);
  if (!resolved) throw new Error(`${type.name}: indexed path ${path} is not in the schema`);
  return resolved.sub ?? resolved.attribute;
}

function pathsOf(type: ResourceType): readonly IndexedPath[] {
  const known = compiled.get(type);
  if (known) return known;
  const paths = type.indexedPaths.map((path) => ({ path, definition: definitionAt(type, path) }));
  compiled.set(type, paths);
  return paths;
}

/** The values by which filters find a resource, as the index compares them. */
export function indexedValues(type: ResourceType, state: ResourceState): readonly IndexedValue[] {
  const values: IndexedValue[] = [];
  for (const { path, definition } of pathsOf(type)) {
    for (const value of valuesAt(state.attributes, path)) {
      values.push({ path, value: comparableKey(definition, value) });
    }
  }
  const [created, lastModified] = META_PATHS;
  values.push({ path: created, value: timestampKey(state.created) });
  values.push({ path: lastModified, value: timestampKey(state.lastModified) });
  return values;
}
