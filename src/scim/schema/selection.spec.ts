import { describe, expect, it } from '@jest/globals';
import { enterpriseUserSchema, userSchema } from '../../resources/user/user.schema.js';
import type { JsonObject } from '../json.js';
import { attribute } from './attribute.js';
import { compileResourceSchema } from './resource-schema.js';
import { isSelected, parseSelection, selectAttributes } from './selection.js';

const ENTERPRISE = enterpriseUserSchema.id;
const user = compileResourceSchema({
  name: 'User',
  core: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
});
const always = { schemas: [userSchema.id, ENTERPRISE], id: '1' };
const resource: JsonObject = {
  ...always,
  externalId: 'e',
  userName: 'bjensen',
  name: { givenName: 'Barbara', familyName: 'Jensen' },
  emails: [
    { value: 'a', type: 'work' },
    { value: 'b', type: 'home' },
  ],
  groups: [{ value: 'g' }],
  [ENTERPRISE]: { department: 'Ovens', manager: { value: 'm', displayName: 'M' } },
  meta: { resourceType: 'User', version: 'W/"1"' },
};

function selected(parameters: { attributes?: string[]; excludedAttributes?: string[] }): JsonObject {
  return selectAttributes(user, resource, parseSelection(user, parameters));
}

describe('selectAttributes', () => {
  it('[GET-10] gives the very resource when nothing is selected', () => {
    expect(selected({})).toBe(resource);
  });

  it.each<[string, string[], JsonObject]>([
    ['[SEL-01] an attribute and the always set, without meta', ['userName'], { userName: 'bjensen' }],
    ['[SEL-04] names in any letter case', ['USERNAME'], { userName: 'bjensen' }],
    ['[SEL-04] a sub-attribute', ['name.familyName'], { name: { familyName: 'Jensen' } }],
    ['a sub-attribute of elements', ['emails.type'], { emails: [{ type: 'work' }, { type: 'home' }] }],
    ['[SEL-04] an attribute by URN', [`${userSchema.id}:userName`], { userName: 'bjensen' }],
    [
      '[SEL-04] an attribute of an extension',
      [`${ENTERPRISE}:department`],
      { [ENTERPRISE]: { department: 'Ovens' } },
    ],
    [
      'a sub-attribute of an extension',
      [`${ENTERPRISE}:manager.value`],
      { [ENTERPRISE]: { manager: { value: 'm' } } },
    ],
    [
      '[SEL-04] a whole extension',
      [ENTERPRISE.toUpperCase()],
      { [ENTERPRISE]: resource[ENTERPRISE] ?? null },
    ],
    ['[SEL-04] nothing for unknown names', ['foo', 'name.foo', 'urn:x:y'], {}],
    [
      'an attribute with a filter, which has no meaning here',
      ['emails[type eq "work"]'],
      { emails: resource['emails'] ?? null },
    ],
    [
      'a sub-attribute behind a filter',
      ['emails[type eq "work"].type'],
      { emails: [{ type: 'work' }, { type: 'home' }] },
    ],
    ['meta when it is named', ['meta.version'], { meta: { version: 'W/"1"' } }],
    ['nothing where there is no value', ['title', 'name.middleName'], {}],
    ['[SEL-05] nothing for a password', ['password'], {}],
  ])('attributes gives %s', (_name, attributes, expected) => {
    expect(selected({ attributes })).toEqual({ ...always, ...expected });
  });

  it('attributes with the core URN gives the core attributes', () => {
    expect(Object.keys(selected({ attributes: [userSchema.id] }))).toEqual([
      'schemas',
      'id',
      'userName',
      'name',
      'emails',
      'groups',
    ]);
  });

  it('[SEL-02] excludedAttributes removes what is named, but never the always set', () => {
    const { groups: _groups, externalId: _externalId, ...rest } = resource;

    expect(selected({ excludedAttributes: ['id', 'schemas', 'groups', 'externalId', 'foo'] })).toEqual(rest);
  });

  it('[SEL-02] excludedAttributes removes sub-attributes and extensions', () => {
    const without = selected({
      excludedAttributes: ['emails.value', 'name.givenName', 'name.familyName', ENTERPRISE],
    });

    expect(without['emails']).toEqual([{ type: 'work' }, { type: 'home' }]);
    expect(without).not.toHaveProperty('name');
    expect(without).not.toHaveProperty([ENTERPRISE]);
    expect(selected({ excludedAttributes: [`${ENTERPRISE}:manager`] })[ENTERPRISE]).toEqual({
      department: 'Ovens',
    });
  });

  it('[ATT-15] [SEL-05] shows returned=request only when named or just written, and never what is never returned', () => {
    const schema = compileResourceSchema({
      name: 'Thing',
      core: {
        id: 'urn:example:core:2.0:Thing',
        name: 'Thing',
        description: '',
        attributes: [
          attribute('secret', { returned: 'never' }),
          attribute('bulky', { returned: 'request' }),
          attribute('label', { returned: 'always' }),
          attribute('part', {
            subAttributes: [
              attribute('hidden', { returned: 'request' }),
              attribute('fixed', { returned: 'always' }),
              attribute('plain'),
            ],
          }),
        ],
      },
    });
    const thing = {
      id: '1',
      secret: 's',
      bulky: 'b',
      label: 'l',
      part: { hidden: 'h', fixed: 'f', plain: 'p' },
    };
    const show = (attributes: string[], written?: ReadonlySet<string>): JsonObject =>
      selectAttributes(schema, thing, parseSelection(schema, { attributes }), written);

    expect(show([])).toEqual({ id: '1', label: 'l', part: { fixed: 'f', plain: 'p' } });
    expect(show([], new Set(['bulky', 'part.hidden']))).toEqual({
      id: '1',
      bulky: 'b',
      label: 'l',
      part: { hidden: 'h', fixed: 'f', plain: 'p' },
    });
    expect(show(['bulky', 'secret'])).toEqual({ id: '1', bulky: 'b', label: 'l' });
    expect(show(['part.plain'])).toEqual({ id: '1', label: 'l', part: { fixed: 'f', plain: 'p' } });
  });
});

describe('parseSelection', () => {
  it('[SEL-03] refuses both lists together with invalidValue', () => {
    expect(() => parseSelection(user, { attributes: ['a'], excludedAttributes: ['b'] })).toThrow(
      expect.objectContaining({ scimType: 'invalidValue' }),
    );
  });

  it('[SEL-07] tells a reader what it need not load', () => {
    expect(isSelected(parseSelection(user, {}), 'groups')).toBe(true);
    expect(isSelected(parseSelection(user, { excludedAttributes: ['GROUPS'] }), 'groups')).toBe(false);
    expect(isSelected(parseSelection(user, { excludedAttributes: ['groups.display'] }), 'groups')).toBe(true);
    expect(isSelected(parseSelection(user, { attributes: ['userName'] }), 'groups')).toBe(false);
    expect(isSelected(parseSelection(user, { attributes: ['groups.value'] }), 'groups')).toBe(true);
  });
});
