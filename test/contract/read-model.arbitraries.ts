// Random directories, and random filters and orders to search them by.
import fc from 'fast-check';

import type { Compare, CompareOperator, Filter, Present, ValuePath } from '../../src/scim/filter/ast.js';
import type { ResourceAttributes } from '../../src/resources/resource-type.js';
import { idOf, type Step } from './read-model.history.js';

export type Directory = readonly Step[];

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** What databases and languages disagree about. The index holds 256 UTF-16 units of a value. */
const AWKWARD = [
  'straße',
  'STRASSE',
  'ΣΊΣΥΦΟΣ',
  'σίσυφος',
  'é',
  'e\u0301',
  'İ',
  '😀',
  '😀😁',
  '\ue000',
  '\uffff',
  '\u{10ffff}',
  '\ud7ff',
  '%_',
  `O'Neil "x" \\`,
  ' ',
  ...[254, 255, 256, 257, 300].map((length) => 'x'.repeat(length)),
  `${'x'.repeat(256)}y`,
  `${'x'.repeat(256)}Z`,
  `${'x'.repeat(254)}😀`,
  `${'x'.repeat(255)}😀`,
  `${'x'.repeat(255)}😀z`,
  `${'x'.repeat(255)}😁`,
  '😀'.repeat(129),
  `${'😀'.repeat(128)}😁`,
];

const word = fc.constantFrom('a', 'A', 'b', 'ab', 'aB', 'ba', 'abc');
const text = fc.oneof({ weight: 4, arbitrary: word }, { weight: 3, arbitrary: fc.constantFrom(...AWKWARD) });
const textOrEmpty = fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.constant('') });
const id = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 20 }).map(idOf) },
  { weight: 1, arbitrary: fc.constantFrom('nobody', 'z'.repeat(300)) },
);

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const email = fc
  .record({
    value: some(textOrEmpty),
    type: fc.constantFrom('work', 'home', 'Work'),
    primary: some(fc.boolean()),
  })
  .map(assigned);

const userAttributes: fc.Arbitrary<ResourceAttributes> = fc
  .record({
    externalId: some(textOrEmpty),
    userName: text,
    displayName: some(textOrEmpty),
    active: some(fc.boolean()),
    title: some(text),
    familyName: some(text),
    emails: some(fc.array(email, { minLength: 1, maxLength: 3 })),
    employeeNumber: some(textOrEmpty),
    manager: some(id),
  })
  .map(({ familyName, employeeNumber, manager, ...flat }) =>
    assigned({
      ...flat,
      name: assigned({ familyName }),
      [ENTERPRISE]: assigned({ employeeNumber, manager: assigned({ value: manager }) }),
    }),
  );

const groupAttributes: fc.Arbitrary<ResourceAttributes> = fc
  .record({ displayName: text, externalId: some(textOrEmpty) })
  .map(assigned);

const numbers = fc.array(fc.nat(20), { maxLength: 4 });
const after = fc.integer({ min: -2, max: 5 });

function step(type: Step['type'], parts: object) {
  // The parts given below are those that a step of this type has.
  return fc.record({ type: fc.constant(type), after, ...parts }) as unknown as fc.Arbitrary<Step>;
}

/** Half of what happens are creations, so that there is something to find. */
export function directory(maxLength = 24): fc.Arbitrary<Directory> {
  const steps = fc.oneof(
    { weight: 6, arbitrary: step('createUser', { attributes: userAttributes }) },
    { weight: 3, arbitrary: step('createGroup', { attributes: groupAttributes, members: numbers }) },
    { weight: 4, arbitrary: step('changeUser', { which: fc.nat(20), attributes: userAttributes }) },
    {
      weight: 3,
      arbitrary: step('changeGroup', {
        which: fc.nat(20),
        attributes: some(groupAttributes),
        isCleared: fc.boolean(),
        added: numbers,
        removed: numbers,
      }),
    },
    { weight: 2, arbitrary: step('delete', { which: fc.nat(20) }) },
    { weight: 1, arbitrary: step('token', { isRevoked: fc.boolean() }) },
    { weight: 1, arbitrary: step('refusal', { which: fc.nat(20), count: fc.nat(2) }) },
  );
  return fc.array(steps, { maxLength, size: 'max' });
}

const EQUALITY = ['eq', 'ne'] as const;
const ORDER = ['gt', 'ge', 'lt', 'le'] as const;
const SEARCH = ['co', 'sw', 'ew'] as const;
const EVERY_OPERATOR: readonly CompareOperator[] = [...EQUALITY, ...ORDER, ...SEARCH];

/** Values of a filter: what is stored, and parts of it. */
const operand = fc.oneof(
  { weight: 6, arbitrary: textOrEmpty },
  {
    weight: 2,
    arbitrary: fc
      .tuple(text, fc.nat(300), fc.nat(300))
      .map(([whole, from, to]) => Array.from(whole).slice(Math.min(from, to), Math.max(from, to)).join('')),
  },
);
const instant = fc
  .tuple(fc.integer({ min: -3, max: 60 }), fc.constantFrom('Z', '.000Z', '.0001Z', '+00:00'))
  .map(([second, zone]) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().slice(0, 19) + zone);

type Leaves = readonly fc.Arbitrary<Compare | Present>[];

function compare(
  attributes: readonly string[],
  operators: readonly CompareOperator[],
  value: fc.Arbitrary<string | boolean>,
): Leaves {
  const attribute = fc.constantFrom(...attributes);
  const type = fc.constant('compare' as const);
  return [
    fc.record({ type, attribute, op: fc.constantFrom(...operators), value }),
    fc.oneof(
      fc.record({ type: fc.constant('present' as const), attribute }),
      fc.record({ type, attribute, op: fc.constantFrom(...EQUALITY), value: fc.constant(null) }),
    ),
  ];
}

function tree(leaf: fc.Arbitrary<Filter>, depth: number): fc.Arbitrary<Filter> {
  if (depth === 0) return leaf;
  const inner = tree(leaf, depth - 1);
  const terms = fc.array(inner, { minLength: 2, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('and' as const, 'or' as const), terms }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('not' as const), term: inner }) },
  );
}

function valuePath(attribute: string, leaves: Leaves): fc.Arbitrary<ValuePath> {
  const leaf = fc.oneof(...leaves);
  const parts = { type: fc.constant('valuePath' as const), attribute: fc.constant(attribute) };
  return fc.record(
    { ...parts, filter: tree(leaf, 1), comparison: leaf },
    { requiredKeys: ['type', 'attribute', 'filter'] },
  );
}

// A filter has at most 4 kB, and awkward values are long.
function fitting(filters: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return filters.filter((filter) => JSON.stringify(filter).length < 3000);
}

const common: Leaves = [
  // At an endpoint of several types an attribute may be another type's.
  ...compare(['favouriteColour'], EVERY_OPERATOR, operand),
  ...compare(['id'], EVERY_OPERATOR, id),
  ...compare(['externalId'], EVERY_OPERATOR, operand),
  ...compare(['meta.created', 'meta.lastModified'], [...EQUALITY, ...ORDER], instant),
  ...compare(['meta.resourceType'], EVERY_OPERATOR, fc.constantFrom('User', 'Group', 'user', 'U', '')),
  ...compare(['meta.version'], EVERY_OPERATOR, fc.constantFrom('W/"0"', 'W/"1"')),
];

export function userFilters(): fc.Arbitrary<Filter> {
  const manager = `${ENTERPRISE}:manager`;
  const texts = ['userName', 'displayName', 'emails.value', 'emails', `${ENTERPRISE}:employeeNumber`];
  const leaves: Leaves = [
    ...compare(texts, EVERY_OPERATOR, operand),
    ...compare(texts, EVERY_OPERATOR, operand),
    ...compare(['title', 'name.familyName'], EVERY_OPERATOR, operand),
    ...compare(['emails.type'], EVERY_OPERATOR, fc.constantFrom('work', 'w')),
    ...compare(['active', 'emails.primary'], EQUALITY, fc.boolean()),
    ...compare([manager, `${manager}.value`, 'groups', 'groups.value'], EVERY_OPERATOR, id),
    ...compare([`${manager}.displayName`, 'groups.display'], EVERY_OPERATOR, operand),
    ...compare(['groups.type'], EVERY_OPERATOR, fc.constantFrom('direct', 'indirect')),
    ...common,
  ];
  const inEmail = [
    ...compare(['value'], EVERY_OPERATOR, operand),
    ...compare(['type'], EVERY_OPERATOR, fc.constantFrom('work', 'w')),
    ...compare(['primary'], EQUALITY, fc.boolean()),
  ];
  const inReference = compare(['value'], EVERY_OPERATOR, id);
  const paths = [
    valuePath('emails', inEmail),
    valuePath(manager, inReference),
    valuePath('groups', inReference),
    valuePath('name', compare(['familyName'], EVERY_OPERATOR, operand)),
  ];
  return fitting(tree(fc.oneof(...leaves, ...paths), 2));
}

export function groupFilters(): fc.Arbitrary<Filter> {
  const leaves: Leaves = [
    ...compare(['displayName'], EVERY_OPERATOR, operand),
    ...compare(['members', 'members.value'], EVERY_OPERATOR, id),
    ...compare(['members.display'], EVERY_OPERATOR, operand),
    ...compare(['members.type'], EVERY_OPERATOR, fc.constantFrom('User', 'group')),
    ...common,
  ];
  const inMember = [
    ...compare(['value'], EVERY_OPERATOR, id),
    ...compare(['type'], EVERY_OPERATOR, fc.constantFrom('User', 'group')),
  ];
  return fitting(tree(fc.oneof(...leaves, valuePath('members', inMember)), 2));
}

export function userSorts(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'userName',
    'externalId',
    'displayName',
    'active',
    'emails',
    'emails.value',
    `${ENTERPRISE}:employeeNumber`,
    `${ENTERPRISE}:manager.value`,
    `${ENTERPRISE}:manager.displayName`,
    'meta.created',
    'meta.lastModified',
    'name.familyName',
    'groups',
    'id',
  );
}

export function groupSorts(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'displayName',
    'externalId',
    'members',
    'members.display',
    'meta.lastModified',
    'id',
  );
}

function assigned(values: Readonly<Record<string, unknown>>): ResourceAttributes {
  const isAssigned = (value: unknown) =>
    value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  // Made of JSON above; only the optional members hide that from the type checker.
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => isAssigned(value)),
  ) as ResourceAttributes;
}
