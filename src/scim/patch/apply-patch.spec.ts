import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { groupSchema } from '../../resources/group/group.schema.js';
import { enterpriseUserSchema, userSchema } from '../../resources/user/user.schema.js';
import type { Json, JsonObject } from '../json.js';
import { ENTRA_LENIENCIES, type Leniency, LeniencyUse, STRICT } from '../leniency.js';
import type { PatchOperation } from '../messages/patch-op.js';
import { ScimError } from '../messages/scim-error.js';
import { attribute } from '../schema/attribute.js';
import { compileResourceSchema } from '../schema/resource-schema.js';
import { applyPatch } from './apply-patch.js';
import { CollectionDraft, type CollectionElement } from './collection-draft.js';

const CORE = userSchema.id;
const ENTERPRISE = enterpriseUserSchema.id;
const CUSTOM = 'urn:example:custom:2.0:User';
const user = compileResourceSchema({
  name: 'User',
  core: userSchema,
  extensions: [
    { schema: enterpriseUserSchema, required: false },
    {
      schema: {
        id: CUSTOM,
        name: 'Custom',
        description: '',
        attributes: [
          attribute('serial', { mutability: 'immutable' }),
          attribute('computed', { mutability: 'readOnly' }),
          attribute('tags', { multiValued: true }),
          attribute('box', {
            subAttributes: [
              attribute('labels', { multiValued: true }),
              attribute('fixed', { mutability: 'immutable' }),
            ],
          }),
        ],
      },
      required: false,
    },
  ],
});
const group = compileResourceSchema({ name: 'Group', core: groupSchema });

const work = { value: 'work@x', type: 'work', primary: true };
const home = { value: 'home@x', type: 'home' };
const base: JsonObject = { userName: 'bjensen', emails: [work, home] };

interface Given {
  readonly current?: JsonObject;
  readonly leniencies?: LeniencyUse;
}

function patch(operations: PatchOperation | readonly PatchOperation[], given: Given = {}): JsonObject {
  const { current = base, leniencies = new LeniencyUse(STRICT) } = given;
  const list = Array.isArray(operations)
    ? (operations as readonly PatchOperation[])
    : [operations as PatchOperation];
  return applyPatch(user, current, list, { leniencies });
}

function entra(
  operations: PatchOperation | readonly PatchOperation[],
  current: JsonObject = base,
): JsonObject {
  return patch(operations, { current, leniencies: new LeniencyUse(ENTRA_LENIENCIES) });
}

function refusal(scimType: string, status = 400): Error {
  return expect.objectContaining({ scimType, status }) as unknown as Error;
}

describe('paths', () => {
  it.each<[string, JsonObject]>([
    ['nickName', { nickName: 'x' }],
    ['NICKNAME', { nickName: 'x' }],
    ['name.givenName', { name: { givenName: 'x' } }],
    [`${CORE}:nickName`, { nickName: 'x' }],
    [`${CORE.toUpperCase()}:name.givenName`, { name: { givenName: 'x' } }],
    [`${ENTERPRISE}:department`, { [ENTERPRISE]: { department: 'x' } }],
    [`${ENTERPRISE}:manager.value`, { [ENTERPRISE]: { manager: { value: 'x' } } }],
  ])('[PAT-06] [PAT-12] [PAT-17] [PAT-42] reaches %s', (path, expected) => {
    expect(patch({ op: 'add', path, value: 'x' })).toEqual({ ...base, ...expected });
    expect(patch({ op: 'replace', path, value: 'x' })).toEqual({ ...base, ...expected });
  });

  it.each([
    ['', 'invalidPath'],
    ['[ATT-02] na me'.slice(9), 'invalidPath'],
    ['[PAT-07] foo'.slice(9), 'invalidPath'],
    ['name.foo', 'invalidPath'],
    ['department', 'invalidPath'],
    ['emails[0]', 'invalidPath'],
    ['emails[]', 'invalidPath'],
    ['emails[type eq "work"]value', 'invalidPath'],
    ['emails[type eq "work"].foo', 'invalidPath'],
    ['emails[type eq "work"].value.x', 'invalidPath'],
    ['foo[type eq "work"]', 'invalidPath'],
    ['[type eq "work"]', 'invalidPath'],
    ['name[givenName eq "x"]', 'invalidPath'],
    ['emails.value[type eq "work"]', 'invalidPath'],
    [`${ENTERPRISE}:manager[value eq "x"].value`, 'invalidPath'],
    ['emails[type xx "work"]', 'invalidFilter'],
    ['emails[type eq "work"', 'invalidFilter'],
    ['emails[foo eq "work"]', 'invalidFilter'],
    ['emails[primary gt true]', 'invalidFilter'],
  ])('[PAT-06] [PAT-35] [PAT-41] refuses the path %j with %s', (path, scimType) => {
    for (const op of ['add', 'replace', 'remove'] as const) {
      expect(() => patch({ op, path, value: 'x' })).toThrow(refusal(scimType));
    }
  });
});

describe('add', () => {
  it('[PAT-11] merges an object without path attribute by attribute', () => {
    const value = { nickName: 'B', name: { givenName: 'Barbara' }, emails: [{ value: 'c@x' }] };

    expect(patch({ op: 'add', value })).toEqual({
      ...base,
      ...value,
      emails: [work, home, { value: 'c@x' }],
    });
  });

  it('[PAT-13] merges a complex value, keeping its other sub-attributes', () => {
    const current = { ...base, name: { givenName: 'a', familyName: 'b' } };

    expect(patch({ op: 'add', path: 'name', value: { givenName: 'c' } }, { current })).toEqual({
      ...base,
      name: { givenName: 'c', familyName: 'b' },
    });
  });

  it('[PAT-14] appends an array or a single object', () => {
    const added = { value: 'c@x', type: 'other' };

    expect(patch({ op: 'add', path: 'emails', value: [added] })['emails']).toEqual([work, home, added]);
    expect(patch({ op: 'add', path: 'emails', value: added })['emails']).toEqual([work, home, added]);
    expect(patch({ op: 'add', path: `${CUSTOM}:tags`, value: 'a' })[CUSTOM]).toEqual({ tags: ['a'] });
  });

  it.each<[string, Json]>([
    ['the very element', [home]],
    ['its value alone', [{ value: 'home@x' }]],
    ['nothing', []],
    ['null', null],
  ])('[PAT-15] gives back the same resource when adding %s', (_name, value) => {
    expect(patch({ op: 'add', path: 'emails', value })).toBe(base);
  });

  it('[PAT-15] [ATT-09] completes the element that has the same type and value', () => {
    expect(patch({ op: 'add', path: 'emails', value: [{ ...home, display: 'Babs' }] })['emails']).toEqual([
      work,
      { ...home, display: 'Babs' },
    ]);
  });

  it('adds addresses, which have no value, unless the same is there', () => {
    const current = { ...base, addresses: [{ locality: 'a', country: 'SK' }] };

    expect(patch({ op: 'add', path: 'addresses', value: [{ locality: 'a' }] }, { current })).toBe(current);
    expect(
      patch({ op: 'add', path: 'addresses', value: [{ locality: 'b' }] }, { current })['addresses'],
    ).toHaveLength(2);
  });

  it('appends to a multi-valued sub-attribute', () => {
    const current = { ...base, [CUSTOM]: { box: { labels: ['a'] } } };

    expect(
      patch({ op: 'add', path: `${CUSTOM}:box.labels`, value: ['b', 'a'] }, { current })[CUSTOM],
    ).toEqual({
      box: { labels: ['a', 'b'] },
    });
  });

  it('[PAT-16] sets a sub-attribute on all elements that match', () => {
    const current = { ...base, emails: [{ value: 'a', type: 'work' }, { value: 'b', type: 'work' }, home] };

    expect(
      patch({ op: 'add', path: 'emails[type eq "work"].display', value: 'x' }, { current })['emails'],
    ).toEqual([{ value: 'a', type: 'work', display: 'x' }, { value: 'b', type: 'work', display: 'x' }, home]);
  });

  it('merges an object into the elements that match', () => {
    expect(patch({ op: 'add', path: 'emails[type eq "home"]', value: { display: 'x' } })['emails']).toEqual([
      work,
      { ...home, display: 'x' },
    ]);
    expect(patch({ op: 'add', path: 'emails[type eq "home"]', value: null })).toBe(base);
  });

  it('[PAT-16] refuses without match: noTarget', () => {
    expect(() => patch({ op: 'add', path: 'emails[type eq "other"].value', value: 'x' })).toThrow(
      refusal('noTarget'),
    );
  });

  it('[PAT-41] refuses a sub-attribute of all elements', () => {
    expect(() => patch({ op: 'add', path: 'emails.display', value: 'x' })).toThrow(refusal('invalidPath'));
  });

  it.each<[string, PatchOperation]>([
    ['no value', { op: 'add', path: 'nickName' }],
    ['no value for elements', { op: 'add', path: 'emails' }],
    ['no value without path', { op: 'add' }],
    ['a string without path', { op: 'add', value: 'x' }],
    ['a wrong type', { op: 'add', path: 'nickName', value: 5 }],
    ['[PAT-40] a string for a complex attribute', { op: 'add', path: 'name', value: 'x' }],
    ['a string as an element', { op: 'add', path: 'emails', value: 'x' }],
    ['an empty userName', { op: 'add', path: 'userName', value: '' }],
  ])('[PAT-10] refuses %s with invalidValue', (_name, operation) => {
    expect(() => patch(operation)).toThrow(refusal('invalidValue'));
    expect(() => patch({ ...operation, op: 'replace' })).toThrow(refusal('invalidValue'));
  });
});

describe('remove', () => {
  it('[PAT-18] needs a path: noTarget', () => {
    expect(() => patch({ op: 'remove' })).toThrow(refusal('noTarget'));
    expect(() => patch({ op: 'remove', value: { nickName: 'x' } })).toThrow(refusal('noTarget'));
  });

  it.each<[string, string, JsonObject, JsonObject]>([
    ['a simple attribute', 'title', { title: 'x' }, {}],
    ['a complex attribute', 'name', { name: { givenName: 'a' } }, {}],
    [
      'a sub-attribute',
      'name.givenName',
      { name: { givenName: 'a', familyName: 'b' } },
      { name: { familyName: 'b' } },
    ],
    ['the last sub-attribute', 'name.givenName', { name: { givenName: 'a' } }, {}],
    [
      '[PAT-25] the last attribute of an extension',
      `${ENTERPRISE}:department`,
      { [ENTERPRISE]: { department: 'x' } },
      {},
    ],
    ['a whole extension', ENTERPRISE, { [ENTERPRISE]: { department: 'x' } }, {}],
    ['[PAT-20] all values', 'photos', { photos: [{ value: 'a' }] }, {}],
    [
      '[PAT-21] the elements a filter selects',
      'roles[value eq "a"]',
      { roles: [{ value: 'a' }, { value: 'b' }] },
      { roles: [{ value: 'b' }] },
    ],
    ['[PAT-21] all elements through a filter', 'roles[value pr]', { roles: [{ value: 'a' }] }, {}],
    [
      '[PAT-22] a sub-attribute of selected elements',
      'roles[value eq "a"].display',
      { roles: [{ value: 'a', display: 'A' }] },
      { roles: [{ value: 'a' }] },
    ],
    [
      '[PAT-22] an element of which only its label would remain',
      'roles[type eq "t"].value',
      { roles: [{ value: 'a', type: 't', primary: true }] },
      {},
    ],
    [
      'a sub-attribute of all elements',
      'roles.display',
      { roles: [{ value: 'a', display: 'A' }, { value: 'b' }] },
      { roles: [{ value: 'a' }, { value: 'b' }] },
    ],
    [
      'a value of a simple multi-valued attribute',
      `${CUSTOM}:tags[value eq "A"]`,
      { [CUSTOM]: { tags: ['a', 'b'] } },
      { [CUSTOM]: { tags: ['b'] } },
    ],
  ])('[PAT-19] removes %s', (_name, path, before, after) => {
    expect(patch({ op: 'remove', path }, { current: { ...base, ...before } })).toEqual({ ...base, ...after });
  });

  it.each([
    'title',
    'name.givenName',
    'roles',
    'emails[type eq "other"]',
    'emails[type eq "other"].value',
    'emails[type eq "home"].display',
    ENTERPRISE,
    `${ENTERPRISE}:manager`,
  ])('[PAT-24] gives back the same resource when there is nothing at %s', (path) => {
    expect(patch({ op: 'remove', path })).toBe(base);
  });

  it('[PAT-20] ignores a value in strict mode, as the RFC defines none', () => {
    expect(patch({ op: 'remove', path: 'emails', value: [home] })).toEqual({ userName: 'bjensen' });
  });

  it.each([
    'userName',
    'id',
    'meta',
    'groups',
    'groups[value eq "g"]',
    'meta.created',
    `${ENTERPRISE}:manager.displayName`,
    'schemas',
    CORE,
  ])('[PAT-09] [PAT-23] refuses to remove %s: mutability', (path) => {
    expect(() => patch({ op: 'remove', path })).toThrow(refusal('mutability'));
  });
});

describe('replace', () => {
  it('[PAT-26] replaces the attributes of an object without path and keeps the others', () => {
    const value = { nickName: 'B', emails: [{ value: 'c@x' }], [ENTERPRISE]: { department: 'x' } };

    expect(patch({ op: 'replace', value })).toEqual({ userName: 'bjensen', ...value });
  });

  it('[PAT-26] keeps the other attributes of an extension', () => {
    const current = { ...base, [ENTERPRISE]: { department: 'a', costCenter: 'b' } };

    expect(
      patch({ op: 'replace', value: { [ENTERPRISE]: { department: 'c' } } }, { current })[ENTERPRISE],
    ).toEqual({
      department: 'c',
      costCenter: 'b',
    });
    expect(
      patch({ op: 'replace', path: ENTERPRISE, value: { department: 'c' } }, { current })[ENTERPRISE],
    ).toEqual({
      department: 'c',
      costCenter: 'b',
    });
  });

  it('[PAT-27] sets what is absent, as add does', () => {
    expect(patch({ op: 'replace', path: 'title', value: 'x' })).toEqual({ ...base, title: 'x' });
  });

  it('[PAT-28] replaces a whole list', () => {
    expect(patch({ op: 'replace', path: 'emails', value: [{ value: 'c@x' }] })['emails']).toEqual([
      { value: 'c@x' },
    ]);
  });

  it('[PAT-29] keeps the sub-attributes that are not given', () => {
    const current = { ...base, name: { givenName: 'a', familyName: 'b' } };

    expect(
      patch({ op: 'replace', path: 'name', value: { givenName: null, middleName: 'c' } }, { current })[
        'name'
      ],
    ).toEqual({
      familyName: 'b',
      middleName: 'c',
    });
  });

  it('[PAT-30] replaces the elements a filter selects as a whole', () => {
    expect(
      patch({ op: 'replace', path: 'emails[type eq "home"]', value: { value: 'c@x', type: 'other' } })[
        'emails'
      ],
    ).toEqual([work, { value: 'c@x', type: 'other' }]);
    expect(
      patch(
        { op: 'replace', path: `${CUSTOM}:tags[value eq "a"]`, value: 'c' },
        { current: { ...base, [CUSTOM]: { tags: ['a', 'b'] } } },
      )[CUSTOM],
    ).toEqual({ tags: ['c', 'b'] });
  });

  it('[PAT-31] replaces a sub-attribute of all elements selected, and leaves the others alone', () => {
    expect(patch({ op: 'replace', path: 'emails[type eq "work"].value', value: 'new@x' })['emails']).toEqual([
      { ...work, value: 'new@x' },
      home,
    ]);
    expect(patch({ op: 'replace', path: 'emails.display', value: 'x' })['emails']).toEqual([
      { ...work, display: 'x' },
      { ...home, display: 'x' },
    ]);
  });

  it('[PAT-32] refuses when the filter selects nothing: noTarget', () => {
    expect(() => patch({ op: 'replace', path: 'emails[type eq "other"].value', value: 'x' })).toThrow(
      refusal('noTarget'),
    );
    expect(() => patch({ op: 'replace', path: 'emails[type eq "other"]', value: { value: 'x' } })).toThrow(
      refusal('noTarget'),
    );
    expect(() => patch({ op: 'replace', path: 'roles.display', value: 'x' })).toThrow(refusal('noTarget'));
  });

  it.each<[string, string, Json, JsonObject]>([
    ['a simple attribute', 'title', null, { title: 'x' }],
    ['a complex attribute', 'name', null, { name: { givenName: 'a' } }],
    ['a complex attribute by an empty array', 'name', [], { name: { givenName: 'a' } }],
    ['a list by null', 'roles', null, { roles: [{ value: 'a' }] }],
    ['a list by []', 'roles', [], { roles: [{ value: 'a' }] }],
    ['an extension', ENTERPRISE, null, { [ENTERPRISE]: { department: 'x' } }],
    ['elements a filter selects', 'roles[value eq "a"]', null, { roles: [{ value: 'a' }] }],
    [
      'the value of elements a filter selects',
      'roles[value eq "a"].value',
      null,
      { roles: [{ value: 'a' }] },
    ],
  ])('[PAT-33] unassigns %s', (_name, path, value, before) => {
    expect(patch({ op: 'replace', path, value }, { current: { ...base, ...before } })).toEqual(base);
  });

  it('[PAT-33] refuses to unassign what is required: mutability', () => {
    expect(() => patch({ op: 'replace', path: 'userName', value: null })).toThrow(refusal('mutability'));
    expect(() => patch({ op: 'replace', value: { userName: null } })).toThrow(refusal('mutability'));
  });

  it('gives back the same resource when nothing changes', () => {
    expect(
      patch([
        { op: 'replace', path: 'userName', value: 'bjensen' },
        { op: 'replace', path: 'emails', value: [work, home] },
      ]),
    ).toBe(base);
  });
});

describe('primary', () => {
  const added = { value: 'c@x', primary: true };
  const demoted = { ...work, primary: false };

  it.each<[string, PatchOperation, Json]>([
    ['an element added', { op: 'add', path: 'emails', value: [added] }, [demoted, home, added]],
    [
      'a sub-attribute set',
      { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
      [demoted, { ...home, primary: true }],
    ],
    [
      'an element replaced',
      { op: 'replace', path: 'emails[type eq "home"]', value: added },
      [demoted, added],
    ],
    ['an element added without path', { op: 'add', value: { emails: [added] } }, [demoted, home, added]],
  ])('[PAT-08] passes from the others to %s', (_name, operation, expected) => {
    expect(patch(operation)['emails']).toEqual(expected);
  });

  it('[ATT-08] refuses two at once', () => {
    expect(() => patch({ op: 'replace', path: 'emails[value pr].primary', value: true })).toThrow(
      refusal('invalidValue'),
    );
    expect(() => patch({ op: 'add', path: 'emails', value: [added, { ...added, value: 'd@x' }] })).toThrow(
      refusal('invalidValue'),
    );
  });
});

describe('mutability', () => {
  it.each([
    'id',
    'meta',
    'groups',
    'groups[value eq "g"].display',
    'groups.value',
    'meta.created',
    `${ENTERPRISE}:manager.displayName`,
    `${CUSTOM}:computed`,
  ])('[PAT-09] [RES-03] [RES-12] [RES-19] refuses a path to %s', (path) => {
    expect(() => patch({ op: 'add', path, value: 'x' })).toThrow(refusal('mutability'));
    expect(() => patch({ op: 'replace', path, value: 'x' })).toThrow(refusal('mutability'));
  });

  it('[PAT-09] refuses readOnly attributes in an object without path', () => {
    expect(() => patch({ op: 'replace', value: { groups: [] } })).toThrow(refusal('mutability'));
    expect(() => patch({ op: 'add', value: { id: 'x' } })).toThrow(refusal('mutability'));
  });

  it('[RES-19] ignores readOnly sub-attributes inside an object', () => {
    const value = { value: 'm', displayName: 'x' };

    expect(patch({ op: 'add', path: `${ENTERPRISE}:manager`, value })[ENTERPRISE]).toEqual({
      manager: { value: 'm' },
    });
  });

  it('[PAT-09] [PAT-27] sets an immutable attribute once', () => {
    const current = { ...base, [CUSTOM]: { serial: '1', box: { fixed: 'a' } } };

    expect(patch({ op: 'add', path: `${CUSTOM}:serial`, value: '1' })[CUSTOM]).toEqual({ serial: '1' });
    expect(patch({ op: 'replace', path: `${CUSTOM}:serial`, value: '1' })[CUSTOM]).toEqual({ serial: '1' });
    expect(patch({ op: 'replace', path: `${CUSTOM}:serial`, value: '1' }, { current })).toBe(current);
    for (const operation of [
      { op: 'add', path: `${CUSTOM}:serial`, value: '2' },
      { op: 'replace', path: `${CUSTOM}:serial`, value: null },
      { op: 'remove', path: `${CUSTOM}:serial` },
      { op: 'replace', path: `${CUSTOM}:box.fixed`, value: 'b' },
      { op: 'remove', path: `${CUSTOM}:box.fixed` },
    ] as const) {
      expect(() => patch(operation, { current })).toThrow(refusal('mutability'));
    }
  });

  it('[PAT-23] refuses to remove an extension that holds an immutable value, or that is required', () => {
    const current = { ...base, [CUSTOM]: { serial: '1' } };
    const required = compileResourceSchema({
      name: 'User',
      core: userSchema,
      extensions: [{ schema: enterpriseUserSchema, required: true }],
    });
    const leniencies = new LeniencyUse(STRICT);
    const operation = { op: 'remove', path: ENTERPRISE } as const;
    const held = { ...base, [ENTERPRISE]: { department: 'x' } };

    expect(() => patch({ op: 'remove', path: CUSTOM }, { current })).toThrow(refusal('mutability'));
    expect(() => patch({ op: 'remove', path: 'schemas', value: [CUSTOM] }, { current })).toThrow(
      refusal('mutability'),
    );
    expect(() => applyPatch(required, held, [operation], { leniencies })).toThrow(refusal('mutability'));
  });

  it('[RES-05] checks a password and keeps nothing of it', () => {
    expect(
      patch([
        { op: 'add', path: 'password', value: 's' },
        { op: 'replace', value: { password: 's' } },
        { op: 'remove', path: 'password' },
      ]),
    ).toBe(base);
    expect(() => patch({ op: 'add', path: 'password', value: 5 })).toThrow(refusal('invalidValue'));
  });
});

describe('schemas', () => {
  const current = { ...base, [ENTERPRISE]: { department: 'x' } };

  it('[PAT-39] follows the data: adding a URN changes nothing, removing one removes its data', () => {
    expect(patch({ op: 'add', path: 'schemas', value: [CUSTOM] }, { current })).toBe(current);
    expect(patch({ op: 'replace', path: 'schemas', value: [CORE] }, { current })).toBe(current);
    expect(patch({ op: 'remove', path: `schemas[value eq "${ENTERPRISE}"]` }, { current })).toEqual(base);
    expect(patch({ op: 'remove', path: 'schemas', value: [ENTERPRISE] }, { current })).toEqual(base);
  });

  it('[PAT-39] keeps the base schema and knows no others', () => {
    expect(() => patch({ op: 'replace', path: 'schemas', value: [ENTERPRISE] })).toThrow(
      refusal('mutability'),
    );
    expect(() => patch({ op: 'add', path: 'schemas', value: ['urn:x:y'] })).toThrow(refusal('invalidValue'));
    expect(() => patch({ op: 'add', path: 'schemas', value: [5] })).toThrow(refusal('invalidValue'));
    expect(entra({ op: 'add', value: { schemas: [CORE, 'urn:x:y'] } })).toBe(base);
  });
});

describe('several operations', () => {
  it('[PAT-04] each sees what the earlier ones did', () => {
    expect(
      patch([
        { op: 'add', path: 'nickName', value: 'x' },
        { op: 'remove', path: 'nickName' },
        { op: 'add', path: 'roles', value: [{ value: 'a' }] },
        { op: 'replace', path: 'roles[value eq "a"].display', value: 'A' },
      ]),
    ).toEqual({ ...base, roles: [{ value: 'a', display: 'A' }] });
  });

  it('[PAT-03] leave the resource untouched when one fails', () => {
    const before = structuredClone(base);

    expect(() =>
      patch([
        { op: 'remove', path: 'emails' },
        { op: 'add', path: 'foo', value: 1 },
      ]),
    ).toThrow(ScimError);
    expect(base).toEqual(before);
  });

  it('[PAT-37] refuses more values than the limit with 413, naming it', () => {
    const value = Array.from({ length: 6 }, (_, index) => ({ value: String(index) }));
    const operations: PatchOperation[] = [
      { op: 'add', path: 'roles', value },
      { op: 'add', value: { emails: value } },
    ];
    const options = { leniencies: new LeniencyUse(STRICT), maxValues: 11 };

    expect(() => applyPatch(user, base, operations, options)).toThrow(
      expect.objectContaining({ status: 413, detail: expect.stringContaining('11 values') as unknown }),
    );
    expect(() => applyPatch(user, base, operations, { ...options, maxValues: 12 })).not.toThrow();
  });
});

describe('hostile operations', () => {
  const long = (prefix: string, count = 9999): JsonObject[] =>
    Array.from({ length: count }, (_, index) => ({ value: 'same', type: `${prefix}${index}` }));

  it('[SEC-10] bounds the elements that the operations of one PATCH search', () => {
    const current = { ...base, roles: long('a') };
    const operations = Array.from({ length: 60 }, () => ({
      op: 'remove' as const,
      path: 'roles[value eq "x"]',
    }));

    expect(() => patch(operations, { current })).toThrow(
      expect.objectContaining({ status: 413, detail: expect.stringContaining('500000 elements') as unknown }),
    );
    expect(patch(operations.slice(0, 50), { current })).toBe(current);
  });

  it('[SEC-10] counts every term of a filter', () => {
    const current = { ...base, roles: long('a') };
    const path = `roles[${Array.from({ length: 60 }, () => 'not (value pr)').join(' or ')}]`;

    expect(() => patch({ op: 'remove', path }, { current })).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });

  it('[SEC-10] bounds the combinations of sub-attributes in one operation', () => {
    const names = ['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'];
    const value = Array.from({ length: 63 }, (_, bits) =>
      Object.fromEntries(
        names.filter((_name, index) => ((bits + 1) >> index) % 2 === 1).map((name) => [name, 'x']),
      ),
    );

    expect(() => patch({ op: 'add', path: 'addresses', value })).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });

  it('adds to and removes from long lists without comparing pair by pair', () => {
    const current = {
      ...base,
      roles: long('a'),
      addresses: long('a').map(({ type }) => ({ locality: type ?? '' })),
    };
    const addresses = long('b').map(({ type }) => ({ locality: type ?? '' }));

    expect(patch({ op: 'add', path: 'roles', value: long('b') }, { current })['roles']).toHaveLength(19_998);
    expect(patch({ op: 'add', path: 'addresses', value: addresses }, { current })['addresses']).toHaveLength(
      19_998,
    );
    expect(entra({ op: 'remove', path: 'roles', value: long('a', 9998) }, current)['roles']).toHaveLength(1);
    expect(entra({ op: 'remove', path: 'addresses', value: addresses }, current)).toBe(current);
  });
});

describe('the dialect of Entra', () => {
  it.each<[string, Leniency[], PatchOperation, JsonObject]>([
    [
      '[PAT-32] replace without match creates the element',
      ['createOnReplaceWithoutMatch'],
      { op: 'replace', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
      { phoneNumbers: [{ type: 'mobile', value: '1' }] },
    ],
    [
      '[PAT-16] add without match creates the element',
      ['createOnAddWithoutMatch'],
      { op: 'add', path: 'phoneNumbers[type eq "mobile" and primary eq true].value', value: '1' },
      { phoneNumbers: [{ type: 'mobile', primary: true, value: '1' }] },
    ],
    [
      'replace of a missing element',
      ['createOnReplaceWithoutMatch'],
      { op: 'replace', path: 'roles[type eq "t"]', value: { value: 'a' } },
      { roles: [{ type: 't', value: 'a' }] },
    ],
    [
      'primary eq "True"',
      ['booleanFilterAsString', 'createOnReplaceWithoutMatch'],
      { op: 'replace', path: 'roles[primary eq "True"].value', value: 'a' },
      { roles: [{ primary: true, value: 'a' }] },
    ],
    [
      'primary eq True',
      ['bareWordInFilter', 'booleanFilterAsString', 'createOnAddWithoutMatch'],
      { op: 'add', path: 'roles[primary eq True].value', value: 'a' },
      { roles: [{ primary: true, value: 'a' }] },
    ],
    [
      '[PAT-36] dotted keys',
      ['dottedKeys'],
      { op: 'replace', value: { 'name.givenName': 'a', displayName: 'b' } },
      { name: { givenName: 'a' }, displayName: 'b' },
    ],
    [
      '[PAT-36] keys with a URN',
      ['dottedKeys'],
      {
        op: 'add',
        value: {
          [`${ENTERPRISE}:department`]: 'a',
          [`${ENTERPRISE}:manager.value`]: 'm',
          [`${CORE}:title`]: 't',
        },
      },
      { [ENTERPRISE]: { department: 'a', manager: { value: 'm' } }, title: 't' },
    ],
    [
      '[PAT-36] keys with a filter',
      ['dottedKeys', 'createOnReplaceWithoutMatch'],
      { op: 'replace', value: { 'roles[type eq "t"].value': 'a' } },
      { roles: [{ type: 't', value: 'a' }] },
    ],
    [
      'dotted keys inside an extension',
      ['dottedKeys'],
      { op: 'add', value: { [ENTERPRISE]: { 'manager.value': 'm' } } },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      '[COM-11] a bare path',
      ['bareExtensionAttribute', 'referenceShapes'],
      { op: 'add', path: 'manager', value: [{ $ref: 'https://x/Users/m', value: 'm' }] },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      'bare keys',
      ['bareExtensionAttribute'],
      { op: 'add', value: { department: 'a' } },
      { [ENTERPRISE]: { department: 'a' } },
    ],
    [
      '[PAT-40] a manager as a string',
      ['referenceShapes'],
      { op: 'add', path: `${ENTERPRISE}:manager`, value: 'm' },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      'booleans as strings',
      ['booleanAsString'],
      { op: 'replace', path: 'active', value: 'False' },
      { active: false },
    ],
    [
      'booleans as strings without path',
      ['booleanAsString'],
      { op: 'replace', value: { active: 'True' } },
      { active: true },
    ],
    [
      'a role inside a string',
      ['roleDocumentInString', 'displayNameAsDisplay'],
      { op: 'add', path: 'roles', value: [{ value: '{"value":"a","displayName":"A"}' }] },
      { roles: [{ value: 'a', display: 'A' }] },
    ],
    ['an empty string', ['emptyStringUnassigns'], { op: 'replace', path: 'title', value: '' }, {}],
    [
      'an empty string in a missing element',
      ['emptyStringUnassigns'],
      { op: 'replace', path: 'roles[type eq "t"].value', value: '' },
      {},
    ],
    ['an empty list', ['emptyStringUnassigns'], { op: 'replace', path: 'roles', value: '' }, {}],
  ])('%s', (_name, used, operation, expected) => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(patch(operation, { leniencies })).toEqual({ ...base, ...expected });
    expect([...leniencies.used].sort()).toEqual([...used].sort());
  });

  it('creates one address from two operations', () => {
    const path = (sub: string): string => `addresses[type eq "work"].${sub}`;

    expect(
      entra([
        { op: 'add', path: path('locality'), value: 'Košice' },
        { op: 'add', path: path('country'), value: 'SK' },
      ])['addresses'],
    ).toEqual([{ type: 'work', locality: 'Košice', country: 'SK' }]);
  });

  it.each([
    'emails[type eq "a" or type eq "b"].value',
    'emails[not (type pr)].value',
    'emails[type sw "o"].value',
    'emails[type eq "a" and type eq "b"].value',
    'emails[type eq null and value eq "q"].display',
  ])('creates nothing from a filter that describes no element: %s', (path) => {
    expect(() => entra({ op: 'replace', path, value: 'x' })).toThrow(refusal('noTarget'));
  });

  it('[PAT-20] removes only the elements that the value of a remove names', () => {
    expect(entra({ op: 'remove', path: 'emails', value: [{ value: 'HOME@x' }] })['emails']).toEqual([work]);
    expect(entra({ op: 'remove', path: 'emails', value: { value: 'home@x', type: 'work' } })).toBe(base);
    expect(entra({ op: 'remove', path: 'emails', value: [] })).toBe(base);
    expect(entra({ op: 'remove', path: 'emails' })).toEqual({ userName: 'bjensen' });
    expect(
      entra(
        { op: 'remove', path: `${CUSTOM}:tags`, value: ['a'] },
        { ...base, [CUSTOM]: { tags: ['a', 'b'] } },
      )[CUSTOM],
    ).toEqual({ tags: ['b'] });
    const current = { ...base, addresses: [{ type: 'work', locality: 'a' }, { locality: 'b' }] };
    expect(
      entra({ op: 'remove', path: 'addresses', value: [{ locality: 'a' }] }, current)['addresses'],
    ).toEqual([{ locality: 'b' }]);
  });

  it('removes through a filter whatever value comes with it', () => {
    expect(entra({ op: 'remove', path: 'emails[type eq "home"]', value: 'x' })['emails']).toEqual([work]);
    expect(entra({ op: 'remove', path: 'emails[type eq "home"].value', value: 'x' })['emails']).toEqual([
      work,
    ]);
  });

  it.each<[string, PatchOperation]>([
    ['an empty string', { op: 'replace', path: `${ENTERPRISE}:manager`, value: '' }],
    ['null', { op: 'replace', path: `${ENTERPRISE}:manager`, value: null }],
    ['an empty value', { op: 'replace', path: `${ENTERPRISE}:manager`, value: { value: '' } }],
    ['a bare path', { op: 'remove', path: 'manager' }],
    ['an empty string for the value', { op: 'replace', path: `${ENTERPRISE}:manager.value`, value: '' }],
  ])('removes the manager by %s', (_name, operation) => {
    expect(entra(operation, { ...base, [ENTERPRISE]: { manager: { value: 'm' } } })).toEqual(base);
  });

  it('gives back the same resource when a manager is sent again, in whatever shape', () => {
    const current = { ...base, [ENTERPRISE]: { manager: { value: 'm' } } };
    const values: Json[] = [
      'm',
      { value: 'm' },
      [{ value: 'm', $ref: 'https://x/scim/v2/Users/m' }],
      { $ref: '../Users/m' },
    ];

    for (const value of values) expect(entra({ op: 'add', path: 'manager', value }, current)).toBe(current);
    expect(entra({ op: 'replace', path: 'manager.$ref', value: 'https://x/Users/m' }, current)).toBe(current);
  });

  it('[ATT-17] ignores keys without path that name nothing', () => {
    const value = {
      foo: 1,
      'foo.bar': 1,
      'urn:x:y:z': 1,
      'foo[a eq "b"].c': 1,
      [ENTERPRISE]: { foo: 1 },
      [CORE]: { foo: 1 },
    };

    expect(entra({ op: 'replace', value })).toBe(base);
  });

  it('ignores path keys and refuses Entra shapes in strict mode', () => {
    expect(patch({ op: 'replace', value: { 'name.givenName': 'x', department: 'y' } })).toBe(base);
    for (const operation of [
      { op: 'add', path: `${ENTERPRISE}:manager`, value: 'm' },
      { op: 'replace', path: 'active', value: 'False' },
    ] as const) {
      expect(() => patch(operation)).toThrow(refusal('invalidValue'));
    }
  });
});

describe('large collections', () => {
  function members(
    operations: readonly PatchOperation[],
    present: readonly string[] = ['a', 'b'],
    leniencies = ENTRA_LENIENCIES,
  ): unknown {
    const draft = new CollectionDraft({
      has: (value) => present.includes(value),
      size: present.length,
      values: (): Iterable<CollectionElement> =>
        present.map((value) => ({ value, type: value === 'b' ? 'Group' : 'User' })),
    });
    const current = { displayName: 'g' };
    const use = new LeniencyUse(leniencies);
    expect(applyPatch(group, current, operations, { leniencies: use, collections: { members: draft } })).toBe(
      current,
    );
    return draft.delta();
  }

  it.each<[string, PatchOperation, Partial<ReturnType<CollectionDraft['delta']>>]>([
    [
      'adds members',
      {
        op: 'add',
        path: 'members',
        value: [
          { $ref: null, value: 'c' },
          { value: 'a', display: 'A' },
        ],
      },
      { added: [{ value: 'c' }] },
    ],
    [
      'adds one member',
      { op: 'add', path: 'members', value: { value: 'c', type: 'User' } },
      { added: [{ value: 'c', type: 'User' }] },
    ],
    [
      'adds members without path',
      { op: 'add', value: { members: [{ value: 'c' }] } },
      { added: [{ value: 'c' }] },
    ],
    [
      'adds a member by its id alone',
      { op: 'add', path: 'members', value: ['c'] },
      { added: [{ value: 'c' }] },
    ],
    ['adds nothing', { op: 'add', path: 'members', value: [] }, {}],
    [
      'removes members by value',
      { op: 'remove', path: 'members', value: [{ $ref: null, value: 'a' }] },
      { removed: ['a'] },
    ],
    ['removes nothing by an empty list', { op: 'remove', path: 'members', value: [] }, {}],
    ['removes a member by filter', { op: 'remove', path: 'members[value eq "a"]' }, { removed: ['a'] }],
    ['removes absent members', { op: 'remove', path: 'members[value eq "x"]' }, {}],
    [
      'removes members by another filter',
      { op: 'remove', path: 'members[type eq "group"]' },
      { removed: ['b'] },
    ],
    ['removes all members', { op: 'remove', path: 'members' }, { cleared: true }],
    [
      'replaces all members',
      { op: 'replace', path: 'members', value: [{ value: 'b' }, { value: 'c' }] },
      { added: [{ value: 'c' }], removed: ['a'] },
    ],
    ['replaces all members without path', { op: 'replace', value: { members: [] } }, { cleared: true }],
    [
      'replaces a member with itself',
      { op: 'replace', path: 'members[value eq "a"]', value: { value: 'a' } },
      {},
    ],
    [
      'creates the member a filter describes',
      { op: 'add', path: 'members[type eq "User"]', value: { value: 'c' } },
      {},
    ],
  ])('[PAT-14] [PAT-15] [PAT-20] [PAT-21] [PAT-24] %s', (name, operation, delta) => {
    if (name.startsWith('creates')) {
      expect(members([operation], [])).toEqual({
        cleared: false,
        added: [{ value: 'c', type: 'User' }],
        removed: [],
      });
    } else expect(members([operation])).toEqual({ cleared: false, added: [], removed: [], ...delta });
  });

  it.each<[string, PatchOperation, string]>([
    [
      '[RES-18] the value of a member',
      { op: 'replace', path: 'members[value eq "a"].value', value: 'c' },
      'mutability',
    ],
    [
      '[RES-18] a member as a whole',
      { op: 'replace', path: 'members[value eq "a"]', value: { value: 'c' } },
      'mutability',
    ],
    ['the type of all members', { op: 'replace', path: 'members.type', value: 'User' }, 'mutability'],
    [
      '[RES-19] the display of a member',
      { op: 'add', path: 'members[value eq "a"].display', value: 'x' },
      'mutability',
    ],
    ['a sub-attribute by removing it', { op: 'remove', path: 'members.type' }, 'mutability'],
    ['a member without value', { op: 'add', path: 'members', value: [{ type: 'User' }] }, 'invalidValue'],
    ['a member of a wrong type', { op: 'add', path: 'members', value: [{ value: 5 }] }, 'invalidValue'],
    ['no value', { op: 'add', path: 'members' }, 'invalidValue'],
    [
      'a filter that describes no member',
      { op: 'add', path: 'members[value sw "x"]', value: { value: 'xy' } },
      'noTarget',
    ],
  ])('refuses to change %s', (_name, operation, scimType) => {
    expect(() => members([operation])).toThrow(refusal(scimType));
  });

  it('[PAT-20] removes all in strict mode, even with a value', () => {
    expect(
      members([{ op: 'remove', path: 'members', value: [{ value: 'a' }] }], ['a', 'b'], STRICT),
    ).toMatchObject({ cleared: true });
  });

  it('looks a member up by its value and does not search', () => {
    const draft = new CollectionDraft({
      has: (value) => value === 'a',
      size: 100_000,
      values: () => {
        throw new Error('walked');
      },
    });
    const operations: PatchOperation[] = [{ op: 'remove', path: 'members[value eq "a"]' }];
    applyPatch(group, { displayName: 'g' }, operations, {
      leniencies: new LeniencyUse(STRICT),
      collections: { members: draft },
    });

    expect(draft.delta().removed).toEqual(['a']);
  });

  it('treats members in the resource itself the same where there is no draft', () => {
    const current = { displayName: 'g', members: [{ value: 'a' }, { value: 'b' }] };
    const apply = (operation: PatchOperation): JsonObject =>
      applyPatch(group, current, [operation], { leniencies: new LeniencyUse(ENTRA_LENIENCIES) });

    expect(
      apply({ op: 'add', path: 'members', value: [{ value: 'a', type: 'User' }] })['members'],
    ).toHaveLength(2);
    expect(
      apply({ op: 'remove', path: 'members', value: [{ value: 'a', type: 'Group' }] })['members'],
    ).toEqual([{ value: 'b' }]);
    expect(() => apply({ op: 'replace', path: 'members[value eq "a"].value', value: 'c' })).toThrow(
      refusal('mutability'),
    );
    expect(() => apply({ op: 'replace', path: 'members[value eq "a"]', value: { value: 'c' } })).toThrow(
      refusal('mutability'),
    );
  });
});

describe('any operations at all', () => {
  const key = fc.oneof(
    fc.constantFrom(
      'userName',
      'active',
      'name',
      'givenName',
      'emails',
      'value',
      'type',
      'primary',
      'roles',
      'manager',
      'members',
      ENTERPRISE,
      CORE,
      'name.givenName',
      'emails[type eq "x"].value',
      'schemas',
      '__proto__',
      'constructor',
    ),
    fc.string({ maxLength: 5 }),
  );
  const simple = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('True', '', 'work', CORE),
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      simple,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  const path = fc.oneof(
    key,
    fc.constantFrom(
      'emails[type eq "work"]',
      'emails[primary eq true].value',
      'emails[not (type pr)].primary',
      'emails.value',
      'roles[value eq "a"]',
      `${ENTERPRISE}:manager`,
      `${ENTERPRISE}:manager.value`,
      'manager.$ref',
      'groups',
      'password',
    ),
  );
  const operation = fc.record(
    { op: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const), path, value },
    { requiredKeys: ['op'] },
  );

  it('throw nothing but ScimError, never change their input and pollute no prototype', () => {
    const current = {
      ...base,
      name: { givenName: 'a' },
      roles: [{ value: 'a' }],
      [ENTERPRISE]: { manager: { value: 'm' } },
    };
    const before = structuredClone(current);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), fc.boolean(), (operations, isStrict) => {
        const sent = structuredClone(operations);
        try {
          const result = patch(operations, {
            current,
            leniencies: new LeniencyUse(isStrict ? STRICT : ENTRA_LENIENCIES),
          });
          expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
        } catch (error) {
          expect(error).toBeInstanceOf(ScimError);
        }
        expect(current).toEqual(before);
        expect(operations).toEqual(sent);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('give a resource on which the same replacement changes nothing further', () => {
    const replacement = fc.record({
      op: fc.constant('replace' as const),
      value: fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(replacement, (operation_) => {
        let once: JsonObject;
        try {
          once = entra(operation_);
        } catch {
          return;
        }
        expect(entra(operation_, once)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});
