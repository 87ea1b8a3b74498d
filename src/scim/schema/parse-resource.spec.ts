import { describe, expect, it } from '@jest/globals';
import { groupSchema } from '../../resources/group/group.schema.js';
import { enterpriseUserSchema, userSchema } from '../../resources/user/user.schema.js';
import type { Json, JsonObject } from '../json.js';
import { ENTRA_LENIENCIES, type Leniency, LeniencyUse, STRICT } from '../leniency.js';
import { attribute, type SchemaDefinition } from './attribute.js';
import { checkRequired, parseResource } from './parse-resource.js';
import { compileResourceSchema, type ResourceSchema } from './resource-schema.js';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const CUSTOM = 'urn:example:custom:2.0:User';
const customSchema: SchemaDefinition = {
  id: CUSTOM,
  name: 'Custom',
  description: '',
  attributes: [
    attribute('level', { type: 'integer' }),
    attribute('score', { type: 'decimal' }),
    attribute('since', { type: 'dateTime' }),
    attribute('tags', { multiValued: true }),
    attribute('badge', { required: true }),
    attribute('computed', { mutability: 'readOnly' }),
  ],
};
const user = compileResourceSchema({
  name: 'User',
  core: userSchema,
  extensions: [
    { schema: enterpriseUserSchema, required: false },
    { schema: customSchema, required: false },
  ],
});
const group = compileResourceSchema({ name: 'Group', core: groupSchema });

function parse(
  body: JsonObject,
  leniencies = new LeniencyUse(ENTRA_LENIENCIES),
  schema: ResourceSchema = user,
): Json {
  return parseResource(schema, { schemas: [schema.core.id], ...body }, { leniencies });
}

function strictly(body: JsonObject): Json {
  return parse(body, new LeniencyUse(STRICT));
}

function refusal(scimType: string, attributePath?: string): unknown {
  return expect.objectContaining(
    attributePath === undefined ? { scimType } : { scimType, attribute: attributePath },
  );
}

describe('parseResource', () => {
  it('gives canonical attributes without id, meta, schemas and groups', () => {
    expect(
      strictly({
        id: 'x',
        externalId: 'e',
        userName: 'bjensen',
        meta: { created: 'yesterday' },
        groups: [{ value: 'g' }],
        name: { givenName: 'Barbara' },
        [ENTERPRISE]: { department: 'Ovens', manager: { value: 'm', displayName: 'ignored' } },
      }),
    ).toEqual({
      externalId: 'e',
      userName: 'bjensen',
      name: { givenName: 'Barbara' },
      [ENTERPRISE]: { department: 'Ovens', manager: { value: 'm' } },
    });
  });

  it('[ATT-01] takes names and URNs in any letter case', () => {
    const body = {
      USERNAME: 'a',
      Name: { GIVENNAME: 'B' },
      EMAILS: [{ VALUE: 'c', Type: 'work' }],
      [ENTERPRISE.toUpperCase()]: { DEPARTMENT: 'D' },
    };

    expect(strictly(body)).toEqual({
      userName: 'a',
      name: { givenName: 'B' },
      emails: [{ value: 'c', type: 'work' }],
      [ENTERPRISE]: { department: 'D' },
    });
  });

  it.each<[string, JsonObject]>([
    ['an attribute', { userName: 'a', username: 'b' }],
    ['a sub-attribute', { name: { givenName: 'a', GIVENNAME: 'b' } }],
    ['an extension', { [ENTERPRISE]: {}, [ENTERPRISE.toUpperCase()]: { department: 'x' } }],
    ['an attribute of an extension', { [ENTERPRISE]: { department: 'a', Department: 'b' } }],
  ])('[ATT-01] refuses %s that is given in two spellings', (_name, body) => {
    expect(() => strictly(body)).toThrow(refusal('invalidSyntax') as Error);
  });

  it('[ATT-11] drops null, empty arrays and what has nothing in it', () => {
    expect(
      strictly({
        userName: 'a',
        title: null,
        roles: [],
        emails: null,
        name: { givenName: null },
        addresses: [{ streetAddress: null, locality: null }, null],
        [ENTERPRISE]: { department: null },
      }),
    ).toEqual({ userName: 'a' });
  });

  it('[ATT-17] ignores unknown attributes, at every level', () => {
    expect(
      strictly({ userName: 'a', foo: 1, name: { foo: 1, givenName: 'B' }, 'urn:example:unknown': { a: 1 } }),
    ).toEqual({
      userName: 'a',
      name: { givenName: 'B' },
    });
  });

  it.each<[string, JsonObject, string]>([
    ['a number for a string', { userName: 5 }, 'userName'],
    ['an object for a string', { userName: {} }, 'userName'],
    ['[ATT-04] a number for a boolean', { active: 5 }, 'active'],
    ['an array for a string', { title: ['x'] }, 'title'],
    ['a string for a complex attribute', { name: 'x' }, 'name'],
    ['an array for a complex attribute', { name: [{ givenName: 'x' }] }, 'name'],
    ['an object for a multi-valued attribute', { emails: { value: 'x' } }, 'emails'],
    ['a string as an element', { emails: ['x'] }, 'emails'],
    ['a number for a sub-attribute', { emails: [{ value: 5 }] }, 'emails.value'],
    [
      '[PAT-10] text for a boolean sub-attribute',
      { phoneNumbers: [{ primary: '+1 555' }] },
      'phoneNumbers.primary',
    ],
    ['[RES-05] a number for the password', { password: 5 }, 'password'],
    ['a string for an extension', { [ENTERPRISE]: 'x' }, ENTERPRISE],
    ['[ATT-06] text that is not base64', { x509Certificates: [{ value: '***' }] }, 'x509Certificates.value'],
    ['base64url', { x509Certificates: [{ value: 'ab-_' }] }, 'x509Certificates.value'],
    [
      '[RES-15] two certificates in one value',
      { x509Certificates: [{ value: 'MAAwAA==' }] },
      'x509Certificates.value',
    ],
    ['[ATT-21] a fraction for an integer', { [CUSTOM]: { level: 1.5 } }, `${CUSTOM}:level`],
    ['an integer that lost digits', { [CUSTOM]: { level: 2 ** 53 } }, `${CUSTOM}:level`],
    ['[ATT-24] a string for a decimal', { [CUSTOM]: { score: '1.5' } }, `${CUSTOM}:score`],
    ['a number out of range', { [CUSTOM]: { score: Infinity } }, `${CUSTOM}:score`],
    ['[ATT-05] a date without time', { [CUSTOM]: { since: '2026-01-01' } }, `${CUSTOM}:since`],
    ['a name that is too long', { userName: 'x'.repeat(1025) }, 'userName'],
    ['an externalId that is too long', { externalId: 'x'.repeat(1025) }, 'externalId'],
    ['an address that is too long', { emails: [{ value: 'x'.repeat(1025) }] }, 'emails.value'],
    ['other text that is too long', { userType: 'x'.repeat(65_537) }, 'userType'],
    [
      'a certificate that is too long',
      { x509Certificates: [{ value: 'A'.repeat(65_540) }] },
      'x509Certificates.value',
    ],
    ['U+0000', { userName: 'a\u0000b' }, 'userName'],
    ['ill-formed UTF-16', { name: { givenName: '\ud800' } }, 'name.givenName'],
    [
      '[ATT-08] two primaries',
      {
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
      'emails.primary',
    ],
  ])('[ATT-04] refuses %s with invalidValue naming the attribute', (_name, body, path) => {
    expect(() => parse(body)).toThrow(refusal('invalidValue', path) as Error);
  });

  it.each<[string, JsonObject]>([
    ['a name as long as it may be, counted in characters', { userName: '😀'.repeat(1024) }],
    ['other text as long as it may be', { userType: 'x'.repeat(65_536) }],
    ['[ATT-06] unpadded base64', { x509Certificates: [{ value: 'MAA' }] }],
    ['[ATT-13] other than canonical values', { emails: [{ value: 'a', type: 'club' }] }],
    ['[ATT-21] an integer written with a point', { [CUSTOM]: { level: 1.0, badge: 'b' } }],
    [
      '[RES-13] [RES-14] text that a stricter server would check',
      { emails: [{ value: 'no mail' }], addresses: [{ country: 'Ukraine' }] },
    ],
    [
      '[ATT-26] values that could be canonicalised',
      { emails: [{ value: 'A@EXAMPLE.COM' }], ims: [{ value: 'A B' }] },
    ],
    ['[RES-11] primary on addresses', { addresses: [{ locality: 'Košice', primary: true }] }],
    ['multi-valued simple attributes', { [CUSTOM]: { tags: ['a', 'b'], badge: 'b' } }],
  ])('[ATT-20] keeps %s as sent', (_name, body) => {
    expect(strictly(body)).toEqual(body);
  });

  it('[ATT-05] stores date-times in UTC', () => {
    expect(strictly({ [CUSTOM]: { since: '2026-01-01T01:00:00.250+02:00' } })).toEqual({
      [CUSTOM]: { since: '2025-12-31T23:00:00.250Z' },
    });
  });

  it('[ATT-09] collapses elements with the same type and value', () => {
    const emails = [
      { value: 'a@x', type: 'work' },
      { value: 'A@X', type: 'Work', primary: true },
      { value: 'a@x', type: 'home' },
    ];

    expect(strictly({ emails })).toEqual({
      emails: [
        { value: 'a@x', type: 'work', primary: true },
        { value: 'a@x', type: 'home' },
      ],
    });
    expect(strictly({ [CUSTOM]: { tags: ['a', 'A', 'b'] } })).toEqual({ [CUSTOM]: { tags: ['a', 'b'] } });
    expect(strictly({ addresses: [{ locality: 'a' }, { locality: 'a' }, { locality: 'b' }] })).toEqual({
      addresses: [{ locality: 'a' }, { locality: 'b' }],
    });
  });

  it('[RES-05] checks a password and keeps nothing of it', () => {
    expect(strictly({ userName: 'a', password: 'secret' })).toEqual({ userName: 'a' });
  });

  it('[RES-18] reads members by value, from $ref where that is all there is, and ignores display', () => {
    const members = [
      { value: 'a', display: 'A', $ref: 'https://x/v2/Users/a' },
      { $ref: '../Users/b', type: 'User' },
      { value: 'a', type: 'User' },
      { value: 'c', $ref: null },
    ];

    expect(parse({ displayName: 'g', members }, undefined, group)).toEqual({
      displayName: 'g',
      members: [{ value: 'a', type: 'User' }, { value: 'b', type: 'User' }, { value: 'c' }],
    });
  });

  it.each<[string, JsonObject]>([
    ['only ignored values', { display: 'x' }],
    ['an empty value', { value: '' }],
    ['a type alone', { type: 'User' }],
  ])('[RES-18] refuses a member with %s', (_name, member) => {
    expect(() => parse({ displayName: 'g', members: [member] }, undefined, group)).toThrow(
      refusal('invalidValue', 'members.value') as Error,
    );
    expect(parse({ displayName: 'g', members: [{}, { value: null, $ref: null }] }, undefined, group)).toEqual(
      {
        displayName: 'g',
      },
    );
  });

  it('does not pollute prototypes', () => {
    const body = JSON.parse(
      '{"__proto__":{"polluted":1},"name":{"__proto__":{"polluted":1},"givenName":"a"}}',
    ) as JsonObject;

    expect(Object.hasOwn(parse(body) as object, '__proto__')).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the schemas member', () => {
  it.each<[string, Json]>([
    ['no object', 'x'],
    ['an array', []],
    ['[COM-01] no schemas', { userName: 'a' }],
    ['[COM-01] empty schemas', { schemas: [] }],
    ['[COM-01] schemas without the base schema', { schemas: [ENTERPRISE] }],
    ['[COM-01] a URN twice', { schemas: [CORE, CORE.toLowerCase()] }],
    ['schemas that is no array', { schemas: CORE }],
    ['a URN that is no string', { schemas: [CORE, 5] }],
  ])('refuses %s with invalidSyntax', (_name, body) => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(() => parseResource(user, body, { leniencies })).toThrow(refusal('invalidSyntax') as Error);
  });

  it('[COM-01] tolerates unknown URNs from Entra only', () => {
    const schemas = [CORE, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'];
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(parse({ schemas, userName: 'a' }, leniencies)).toEqual({ userName: 'a' });
    expect([...leniencies.used]).toEqual(['unknownSchemaUrn']);
    expect(() => strictly({ schemas })).toThrow(refusal('invalidSyntax') as Error);
  });

  it('[COM-08] takes data of an extension that schemas does not name', () => {
    expect(strictly({ schemas: [CORE], [ENTERPRISE]: { department: 'x' } })).toEqual({
      [ENTERPRISE]: { department: 'x' },
    });
  });
});

describe('the dialect of Entra', () => {
  it.each<[string, Leniency[], JsonObject, JsonObject]>([
    ['booleans as strings', ['booleanAsString'], { active: 'False' }, { active: false }],
    [
      'booleans as strings in elements',
      ['booleanAsString'],
      { emails: [{ value: 'a', primary: 'TRUE' }] },
      { emails: [{ value: 'a', primary: true }] },
    ],
    ['[ATT-12] empty strings', ['emptyStringUnassigns'], { title: '', name: { givenName: '' } }, {}],
    ['an empty string for a reference', ['emptyStringUnassigns'], { profileUrl: '' }, {}],
    [
      'a manager as a string',
      ['referenceShapes'],
      { [ENTERPRISE]: { manager: 'm' } },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      'a manager in an array',
      ['referenceShapes'],
      { [ENTERPRISE]: { manager: [{ value: 'm', $ref: 'x/m' }] } },
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    ['an empty manager', ['referenceShapes'], { [ENTERPRISE]: { manager: '' } }, {}],
    [
      'attributes of an extension at the top',
      ['bareExtensionAttribute'],
      { department: 'x', Manager: { value: 'm' } },
      { [ENTERPRISE]: { department: 'x', manager: { value: 'm' } } },
    ],
    [
      'a role inside a string',
      ['roleDocumentInString', 'displayNameAsDisplay'],
      { roles: [{ value: '{"id":"1","value":"baker","displayName":"Baker"}' }] },
      { roles: [{ value: 'baker', display: 'Baker' }] },
    ],
    [
      'displayName of a role',
      ['displayNameAsDisplay'],
      { roles: [{ value: 'baker', displayName: 'Baker' }] },
      { roles: [{ value: 'baker', display: 'Baker' }] },
    ],
  ])('takes %s and records it', (_name, used, body, expected) => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(parse(body, leniencies)).toEqual(expected);
    expect([...leniencies.used].sort()).toEqual([...used].sort());
  });

  it('records nothing for a body that needs nothing', () => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);
    parse(
      {
        userName: 'a',
        active: true,
        roles: [{ value: '{not json' }, { value: '{"a":1}' }],
        department: null,
      },
      leniencies,
    );

    expect([...leniencies.used]).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['booleans as strings', { active: 'False' }],
    ['a manager as a string', { [ENTERPRISE]: { manager: 'm' } }],
    ['a manager in an array', { [ENTERPRISE]: { manager: [{ value: 'm' }] } }],
    ['an empty reference', { profileUrl: '' }],
  ])('refuses %s in strict mode', (_name, body) => {
    expect(() => strictly(body)).toThrow(refusal('invalidValue') as Error);
  });

  it('keeps empty strings and ignores bare extension attributes in strict mode', () => {
    expect(strictly({ title: '', department: 'x' })).toEqual({ title: '' });
  });

  it('lets the data under the URN win over bare attributes, in either order', () => {
    const extension = { [ENTERPRISE]: { department: 'own' } };
    const expected = { [ENTERPRISE]: { department: 'own', costCenter: 'c' } };

    expect(parse({ department: 'bare', costCenter: 'c', ...extension })).toEqual(expected);
    expect(parse({ ...extension, department: 'bare', costCenter: 'c' })).toEqual(expected);
  });
});

describe('checkRequired', () => {
  const check = (body: JsonObject, schema = user): void => {
    const leniencies = new LeniencyUse(STRICT);
    checkRequired(schema, parseResource(schema, { schemas: [schema.core.id], ...body }, { leniencies }));
  };

  it.each<[string, JsonObject]>([
    ['missing', {}],
    ['null', { userName: null }],
    ['empty', { userName: '' }],
  ])('[RES-02] refuses a userName that is %s', (_name, body) => {
    expect(() => check(body)).toThrow(refusal('invalidValue', 'userName') as Error);
  });

  it('[RES-16] refuses a group without displayName, and a member without value', () => {
    expect(() => check({}, group)).toThrow(refusal('invalidValue', 'displayName') as Error);
    expect(() => check({ displayName: 'g', members: [{ type: 'User' }] }, group)).toThrow(
      refusal('invalidValue', 'members.value') as Error,
    );
  });

  it('[COM-09] refuses an extension without its required attribute, and a required extension that is missing', () => {
    const strictUser = compileResourceSchema({
      name: 'User',
      core: userSchema,
      extensions: [{ schema: customSchema, required: true }],
    });

    expect(() => check({ userName: 'a', [CUSTOM]: { level: 1 } })).toThrow(
      refusal('invalidValue', `${CUSTOM}:badge`) as Error,
    );
    expect(() => check({ userName: 'a' }, strictUser)).toThrow(refusal('invalidValue', CUSTOM) as Error);
    expect(() => check({ userName: 'a' })).not.toThrow();
    expect(() => check({ userName: 'a', [CUSTOM]: { badge: 'b' } }, strictUser)).not.toThrow();
  });
});
