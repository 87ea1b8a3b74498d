import { describe, expect, it } from '@jest/globals';
import { RESOURCE_TYPES, resourceTypeAt, resourceTypeNamed, resourceTypeOfCategory } from './registry.js';
import type { Vocabulary } from './resource-type.js';

/** Categories of streams that hold no resource. */
const OTHER_CATEGORIES = ['claim', 'tenant', 'token', 'refusal', 'key'];

describe('the registry of resource types', () => {
  it('finds every type by name, endpoint and category', () => {
    for (const type of RESOURCE_TYPES) {
      expect(resourceTypeNamed(type.name)).toBe(type);
      expect(resourceTypeAt(type.endpoint)).toBe(type);
      expect(resourceTypeOfCategory(type.category)).toBe(type);
    }
  });

  it('finds nothing under another name', () => {
    expect(resourceTypeNamed('Device')).toBeUndefined();
    expect(resourceTypeAt('users')).toBeUndefined();
    expect(resourceTypeOfCategory('token')).toBeUndefined();
  });

  it.each(['name', 'endpoint', 'category'] as const)('has no %s twice', (key) => {
    expectUnique(RESOURCE_TYPES.map((type) => type[key]));
  });

  // RFC 7644 §3.2: types that the RFCs do not define go by it as well.
  it.each(RESOURCE_TYPES)('[DIS-14] $name: has the plural of its name as endpoint', ({ name, endpoint }) => {
    expect(endpoint).toBe(`${name}s`);
  });

  it('names no category that other streams have, nor one that would split a stream name', () => {
    for (const { category } of RESOURCE_TYPES) {
      expect(OTHER_CATEGORIES).not.toContain(category);
      expect(category).toMatch(/^[a-z]+$/);
    }
  });

  it('has no event type twice', () => {
    expectUnique(RESOURCE_TYPES.flatMap(({ vocabulary }) => eventTypesOf(vocabulary)));
  });

  it.each(RESOURCE_TYPES)('$name: every path it names is in its schema', (type) => {
    const { vocabulary, references, members, membershipAttribute } = type;
    const named = [
      ...type.indexedPaths,
      ...type.uniqueAttributes,
      type.labelAttribute,
      ...Object.keys(type.defaults),
      ...references.flatMap(({ path }) => [path, `${path}.value`]),
      vocabulary.renamed?.path,
      vocabulary.switched?.path,
      members?.attribute,
      membershipAttribute,
    ].filter((path) => path !== undefined);

    expect(named.filter((path) => type.schema.resolve(path)?.path !== path)).toEqual([]);
  });

  it.each(RESOURCE_TYPES)('$name: indexed paths are simple values', (type) => {
    const complex = type.indexedPaths.filter((path) => type.schema.node(path)?.definition.type === 'complex');

    expect(complex).toEqual([]);
  });

  it.each(RESOURCE_TYPES)(
    '$name: what it refers to and holds as members are types of the registry',
    (type) => {
      const named = [
        ...type.references.map(({ resourceType }) => resourceType),
        ...(type.members?.resourceTypes ?? []),
      ];

      expect(named.filter((name) => !resourceTypeNamed(name))).toEqual([]);
    },
  );

  it.each(RESOURCE_TYPES)(
    '$name: unique and label attributes are required, so that every resource has them',
    (type) => {
      const required = type.schema.core.attributes
        .filter((attribute) => attribute.required)
        .map(({ name }) => name);

      expect(required).toEqual(expect.arrayContaining([...type.uniqueAttributes, type.labelAttribute]));
    },
  );
});

function eventTypesOf({
  created,
  changed,
  deleted,
  renamed,
  switched,
  members,
}: Vocabulary): readonly string[] {
  return [
    created,
    changed,
    deleted,
    renamed?.event,
    switched?.on,
    switched?.off,
    members?.added,
    members?.removed,
    members?.cleared,
  ].filter((type) => type !== undefined);
}

function expectUnique(values: readonly string[]): void {
  expect(values.toSorted()).toEqual([...new Set(values)].toSorted());
}
