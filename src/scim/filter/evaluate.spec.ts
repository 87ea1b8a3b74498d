import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { groupSchema } from '../../resources/group/group.schema.js';
import { enterpriseUserSchema, userSchema } from '../../resources/user/user.schema.js';
import type { JsonObject } from '../json.js';
import { ENTRA_LENIENCIES, type Leniency, LeniencyUse, STRICT } from '../leniency.js';
import { attribute } from '../schema/attribute.js';
import { compileResourceSchema, type ResourceSchema } from '../schema/resource-schema.js';
import { bindFilter, type BindOptions } from './bind.js';
import { evaluate } from './evaluate.js';
import { parseFilter } from './parser.js';

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
          attribute('level', { type: 'integer' }),
          attribute('tags', { multiValued: true }),
          attribute('boxes', {
            multiValued: true,
            subAttributes: [attribute('labels', { multiValued: true }), attribute('size')],
          }),
        ],
      },
      required: false,
    },
  ],
});
const group = compileResourceSchema({ name: 'Group', core: groupSchema });

const barbara: JsonObject = {
  schemas: [userSchema.id, ENTERPRISE],
  id: '2819c223-aaaa',
  externalId: 'BJ',
  userName: 'bjensen@Example.com',
  active: true,
  name: { familyName: 'Jensen', givenName: 'Barbara' },
  emails: [
    { value: 'work@example.com', type: 'work', primary: true },
    { value: 'babs@home.example', type: 'home' },
    { value: 'untyped@example.com' },
  ],
  phoneNumbers: [{ type: 'mobile', primary: false }],
  [ENTERPRISE]: { department: 'Ovens', manager: { value: 'mgr-1', displayName: 'Mona' } },
  [CUSTOM]: { level: 7, tags: ['Red', 'green'], boxes: [{ labels: ['a', 'B'], size: 'XL' }, { size: 'S' }] },
  meta: {
    resourceType: 'User',
    created: '2026-01-02T03:04:05.000Z',
    lastModified: '2026-05-01T00:00:00.000Z',
    version: 'W/"3"',
  },
};

function matches(text: string, resource = barbara, leniencies = ENTRA_LENIENCIES): boolean {
  const use = new LeniencyUse(leniencies);
  return evaluate(bindFilter(parseFilter(text, use), user, use), resource);
}

function bind(text: string, options: BindOptions = {}, schema: ResourceSchema = user): unknown {
  const strict = new LeniencyUse(STRICT);
  return bindFilter(parseFilter(text, strict), schema, strict, options);
}

describe('evaluate', () => {
  it.each<[string, boolean]>([
    ['userName eq "BJENSEN@example.COM"', true],
    ['userName ne "bjensen@example.com"', false],
    ['id eq "2819C223-AAAA"', false],
    ['externalId eq "BJ"', true],
    ['externalId eq "bj"', false],
    ['userName co "JENSEN@"', true],
    ['userName sw "bj"', true],
    ['userName ew ".com"', true],
    ['userName ew ".co"', false],
    ['userName gt "bjensen"', true],
    ['userName ge "BJENSEN@EXAMPLE.COM"', true],
    ['userName lt "bk"', true],
    ['userName le "a"', false],
    ['active eq true', true],
    ['active ne true', false],
    ['name.familyName eq "jensen"', true],
    [`${userSchema.id}:name.familyName eq "Jensen"`, true],
  ])('[FIL-03] [FIL-09] [FIL-10] compares simple values: %s is %s', (text, expected) => {
    expect(matches(text, barbara, STRICT)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['meta.lastModified gt "2026-04-30T23:59:59Z"', true],
    ['meta.lastModified gt "2026-05-01T02:00:00+02:00"', false],
    ['meta.lastModified ge "2026-05-01T02:00:00+02:00"', true],
    ['meta.created eq "2026-01-02T03:04:05Z"', true],
    ['meta.created lt "2026-01-02T03:04:05.001Z"', true],
    [`${CUSTOM}:level gt 6.5`, true],
    [`${CUSTOM}:level lt -7`, false],
    [`${CUSTOM}:level eq 7`, true],
    ['meta.resourceType eq "User"', true],
    ['meta.version eq "W/\\"3\\""', true],
  ])('[FIL-09] compares instants and numbers by their value: %s is %s', (text, expected) => {
    expect(matches(text, barbara, STRICT)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['emails pr', true],
    ['name pr', true],
    ['title pr', false],
    ['photos pr', false],
    ['phoneNumbers.value pr', false],
    ['phoneNumbers.primary pr', true],
    [`${ENTERPRISE}:manager.value pr`, true],
    [`${ENTERPRISE}:costCenter pr`, false],
  ])('[FIL-08] [FIL-15] knows what is present: %s is %s', (text, expected) => {
    expect(matches(text, barbara, STRICT)).toBe(expected);
  });

  it('[FIL-08] takes what is empty as absent', () => {
    for (const resource of [{ title: '' }, { emails: [] }, { emails: [{}] }, { name: { givenName: '' } }]) {
      const [name = ''] = Object.keys(resource);
      expect(matches(`${name} pr`, resource as JsonObject)).toBe(false);
    }
  });

  it.each<[string, boolean]>([
    ['emails.value eq "babs@home.example"', true],
    ['emails co "babs"', true],
    ['emails.type eq "other"', false],
    ['emails.type ne "work"', true],
    [`${CUSTOM}:tags eq "RED"`, true],
    [`${CUSTOM}:tags ne "red"`, true],
    [`${CUSTOM}:boxes.labels eq "b"`, true],
    ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', true],
    ['schemas eq "urn:example:other"', false],
  ])(
    '[FIL-11] [FIL-25] [FIL-26] lets any value of a multi-valued attribute match: %s is %s',
    (text, expected) => {
      expect(matches(text, barbara, STRICT)).toBe(expected);
    },
  );

  it.each<[string, boolean]>([
    ['emails[type eq "work" and value co "home"]', false],
    ['emails.type eq "work" and emails.value co "home"', true],
    ['emails[type eq "home" and value co "home"]', true],
    ['emails[not (type pr)]', true],
    ['emails[type ne "work" and primary eq true]', false],
    ['not (emails[type eq "other"])', true],
    ['emails[type eq "other"] or active eq true', true],
    ['photos[not (type eq "x")]', false],
    ['name[givenName eq "barbara" and familyName sw "J"]', true],
    [`${CUSTOM}:tags[value eq "green"]`, true],
    [`${CUSTOM}:boxes[labels eq "a" and size eq "xl"]`, true],
    [`${CUSTOM}:boxes[labels eq "a" and size eq "s"]`, false],
  ])('[FIL-12] [FIL-13] holds what is in brackets against one element: %s is %s', (text, expected) => {
    expect(matches(text, barbara, STRICT)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['title ne "x"', true],
    ['title eq "x"', false],
    ['title eq null', true],
    ['title ne null', false],
    ['userName eq null', false],
    ['userName ne null', true],
    ['emails.display ne "x"', true],
    ['photos.value ne "x"', true],
    ['phoneNumbers.value ne "x"', true],
    ['not (title gt "a")', true],
  ])('[FIL-20] takes no value as different from any: %s is %s', (text, expected) => {
    expect(matches(text, barbara, STRICT)).toBe(expected);
  });

  it.each<[string, boolean, Leniency[]]>([
    ['emails[type eq "work"].value eq "WORK@example.com"', true, ['valuePathSubAttributeInFilter']],
    ['emails[type eq "home"].value eq "work@example.com"', false, ['valuePathSubAttributeInFilter']],
    [
      'emails[primary eq "True"].value sw "work"',
      true,
      ['valuePathSubAttributeInFilter', 'booleanFilterAsString'],
    ],
    [
      'emails[primary eq True].value pr',
      true,
      ['valuePathSubAttributeInFilter', 'bareWordInFilter', 'booleanFilterAsString'],
    ],
    [`${ENTERPRISE}:manager eq "mgr-1"`, true, ['complexComparedByValue']],
    ['manager eq "mgr-1"', true, ['bareExtensionAttribute', 'complexComparedByValue']],
    ['department eq Ovens', true, ['bareWordInFilter', 'bareExtensionAttribute']],
    ['userName eq 5', false, ['bareWordInFilter']],
    ['active eq "TRUE"', true, ['booleanFilterAsString']],
  ])('[FIL-14] answers the forms Entra uses: %s is %s', (text, expected, used) => {
    const use = new LeniencyUse(ENTRA_LENIENCIES);
    const bound = bindFilter(parseFilter(text, use), user, use);

    expect(evaluate(bound, barbara)).toBe(expected);
    expect([...use.used].sort()).toEqual([...used].sort());
  });

  it('[FIL-14] compares members by value without any leniency', () => {
    const bound = bindFilter(
      parseFilter('id eq "g" and members eq "u1"', new LeniencyUse(STRICT)),
      group,
      new LeniencyUse(STRICT),
    );

    expect(evaluate(bound, { id: 'g', members: [{ value: 'u1' }] })).toBe(true);
    expect(evaluate(bound, { id: 'g', members: [{ value: 'u2' }] })).toBe(false);
  });

  it('never throws, whatever the resource holds', () => {
    const texts = [
      'userName eq "a"',
      'emails[type eq "work" or not (value pr)]',
      'meta.created gt "2026-01-01T00:00:00Z"',
      `${CUSTOM}:level lt 5`,
      'name pr',
      'emails.primary ne true',
    ];
    const bounds = texts.map((text) => bind(text) as Parameters<typeof evaluate>[0]);
    const resources = fc.dictionary(
      fc.constantFrom('userName', 'emails', 'meta', 'name', CUSTOM, 'x'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(resources, (resource) => {
        for (const bound of bounds) expect(typeof evaluate(bound, resource as JsonObject)).toBe('boolean');
      }),
    );
  });
});

describe('bindFilter', () => {
  it.each([
    ['[FIL-18] foo eq "a"'.slice(9), /no attribute 'foo'/u],
    ['department eq "a"', /no attribute 'department'/u],
    ['emails[foo pr]', /no attribute 'foo'/u],
    [
      '[FIL-16] name eq "a"'.slice(9),
      /'name' is complex: name a sub-attribute, for example name\.formatted/u,
    ],
    ['addresses co "a"', /is complex/u],
    [`${ENTERPRISE}:manager eq "a"`, /is complex/u],
    ['[FIL-09] active gt true'.slice(9), /gt does not fit 'active' of type boolean: use eq ne pr/u],
    ['x509Certificates.value le "a"', /does not fit/u],
    ['[FIL-10] active co "t"'.slice(9), /co does not fit 'active'/u],
    [`${CUSTOM}:level sw 1`, /sw does not fit/u],
    ['meta.created co "2026"', /use eq ne gt ge lt le pr/u],
    ['meta.created gt "2026"', /compared with a "string" such as/u],
    ['meta.created gt 5', /compared with a "string"/u],
    ['userName eq 5', /compared with a "string"/u],
    ['userName eq true', /compared with a "string"/u],
    ['active eq "true"', /compared with true or false/u],
    ['active eq 1', /compared with true or false/u],
    [`${CUSTOM}:level eq "7"`, /compared with a number/u],
    ['userName gt null', /null can be compared with eq and ne only/u],
    ['userName[value pr]', /cannot have a filter in brackets/u],
    ['emails.type[value pr]', /cannot have a filter in brackets/u],
  ])('[FIL-17] refuses %s', (text, message) => {
    expect(() => bind(text)).toThrow(message);
    expect(() => bind(text)).toThrow(expect.objectContaining({ scimType: 'invalidFilter' }));
  });

  it.each(['password eq "a"', 'password sw "a"', 'password pr', 'password eq null', 'not (password pr)'])(
    '[FIL-21] [SEC-04] refuses to probe a secret: %s',
    (text) => {
      expect(() => bind(text)).toThrow(expect.objectContaining({ scimType: 'sensitive', status: 403 }));
      expect(() => bind(text, { sensitive: 'invalidFilter' })).toThrow(
        expect.objectContaining({ scimType: 'invalidFilter', status: 400 }),
      );
    },
  );

  it.each<[string, boolean]>([
    ['foo pr', false],
    ['foo eq "a"', false],
    ['foo ne "a"', true],
    ['foo eq null', true],
    ['foo ne null', false],
    ['foo[a pr]', false],
    ['members.value eq "x"', false],
  ])(
    '[FIL-18] [GET-05] gives what a type lacks no value where several types are asked: %s is %s',
    (text, expected) => {
      expect(bind(text, { unknownAttributes: 'noValue' })).toEqual({ type: 'constant', value: expected });
    },
  );

  it('still refuses unknown sub-attributes in brackets where several types are asked', () => {
    expect(() => bind('emails[foo pr]', { unknownAttributes: 'noValue' })).toThrow(/no attribute 'foo'/u);
  });

  it('gives keys that are compared as they are, and the operand itself', () => {
    expect(bind('userName eq "BJ"')).toEqual({
      type: 'compare',
      path: user.resolve('userName'),
      op: 'eq',
      key: 'bj',
      value: 'BJ',
    });
  });

  it('serves schemas that are no SCIM resources', () => {
    const entry = compileResourceSchema({
      name: 'Entry',
      core: {
        id: 'urn:example:entry',
        name: 'Entry',
        description: '',
        attributes: [attribute('actor', { subAttributes: [attribute('label')] })],
      },
      commonAttributes: [],
    });
    const use = new LeniencyUse(STRICT);

    expect(
      evaluate(bindFilter(parseFilter('actor.label sw "ent"', use), entry, use), {
        actor: { label: 'Entra' },
      }),
    ).toBe(true);
  });
});
