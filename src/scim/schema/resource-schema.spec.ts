import { describe, expect, it } from '@jest/globals';
import { ENTRA_LENIENCIES, LeniencyUse } from '../leniency.js';
import { enterpriseUserSchema, userSchema } from '../../resources/user/user.schema.js';
import { attribute, type SchemaDefinition } from './attribute.js';
import { compileResourceSchema } from './resource-schema.js';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const user = compileResourceSchema({
  name: 'User',
  core: userSchema,
  extensions: [{ schema: enterpriseUserSchema, required: false }],
});

describe('resolve', () => {
  it.each([
    ['userName', 'userName'],
    ['[ATT-01] USERNAME'.slice(9), 'userName'],
    ['name.GIVENNAME', 'name.givenName'],
    ['emails.value', 'emails.value'],
    ['[ATT-02] groups.$ref'.slice(9), 'groups.$ref'],
    [`${CORE}:userName`, 'userName'],
    [`${CORE.toUpperCase()}:NAME.familyname`, 'name.familyName'],
    [`${CORE}:id`, 'id'],
    ['meta.created', 'meta.created'],
    ['schemas', 'schemas'],
    [`${ENTERPRISE}:department`, `${ENTERPRISE}:department`],
    [`${ENTERPRISE.toLowerCase()}:MANAGER.value`, `${ENTERPRISE}:manager.value`],
  ])('[COM-10] [COM-12] finds %s as %s', (notation, path) => {
    expect(user.resolve(notation)?.path).toBe(path);
  });

  it.each([
    'foo',
    'userName.value',
    'name.foo',
    `${CORE}:department`,
    `${ENTERPRISE}:userName`,
    ENTERPRISE,
    '',
    'urn:x:foo',
  ])('finds nothing at %j', (notation) => {
    expect(user.resolve(notation)).toBeUndefined();
  });

  it('sets urn for attributes of extensions only', () => {
    expect(user.resolve(`${CORE}:userName`)?.urn).toBeUndefined();
    expect(user.resolve(`${ENTERPRISE}:department`)?.urn).toBe(ENTERPRISE);
  });

  it('[COM-11] finds attributes of an extension without its URN only where a leniency allows that', () => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(user.resolve('manager.value')).toBeUndefined();
    expect(user.resolve('Manager.Value', leniencies)?.path).toBe(`${ENTERPRISE}:manager.value`);
    expect([...leniencies.used]).toEqual(['bareExtensionAttribute']);
  });

  it('[COM-11] finds no bare name that two extensions have', () => {
    const extension = (id: string): SchemaDefinition => ({
      id,
      name: id,
      description: '',
      attributes: [attribute('level')],
    });
    const schema = compileResourceSchema({
      name: 'User',
      core: userSchema,
      extensions: [
        { schema: extension('urn:example:a:2.0:User'), required: false },
        { schema: extension('urn:example:b:2.0:User'), required: false },
      ],
    });

    expect(schema.resolve('level', new LeniencyUse(ENTRA_LENIENCIES))).toBeUndefined();
    expect(schema.resolve('urn:example:b:2.0:User:level')?.urn).toBe('urn:example:b:2.0:User');
  });

  it('describes things that are no SCIM resources when given other common attributes', () => {
    const entry = compileResourceSchema({
      name: 'Entry',
      core: { id: 'urn:example:entry', name: 'Entry', description: '', attributes: [attribute('actor')] },
      commonAttributes: [],
    });

    expect(entry.resolve('id')).toBeUndefined();
    expect(entry.resolve('actor')?.path).toBe('actor');
  });
});

describe('compileResourceSchema', () => {
  const schemaOf = (...attributes: SchemaDefinition['attributes']): SchemaDefinition => ({
    id: 'urn:example:custom:2.0:User',
    name: 'Custom',
    description: '',
    attributes,
  });

  it.each<[string, SchemaDefinition, RegExp]>([
    ['[ATT-02] a name that starts with a digit', schemaOf(attribute('1a')), /'1a' must be a letter/u],
    ['[ATT-02] a name that starts with $', schemaOf(attribute('$a')), /'\$a' must be a letter/u],
    ['a name every object inherits', schemaOf(attribute('toString')), /'toString' is reserved/u],
    [
      '[ATT-01] one name in two spellings',
      schemaOf(attribute('level'), attribute('Level')),
      /'Level' occurs twice/u,
    ],
    [
      '[ATT-07] nested complex attributes',
      schemaOf(attribute('a', { subAttributes: [attribute('b', { subAttributes: [attribute('c')] })] })),
      /a\.b: a sub-attribute cannot be complex/u,
    ],
    [
      'a complex attribute without sub-attributes',
      schemaOf(attribute('a', { type: 'complex' })),
      /subAttributes/u,
    ],
    [
      'a writeOnly attribute that is returned',
      schemaOf(attribute('a', { mutability: 'writeOnly' })),
      /returned never/u,
    ],
    ['an id that is no URN', { ...schemaOf(attribute('a')), id: 'custom' }, /must be a URN/u],
    [
      '[ATT-27] the URN of the core schema',
      { ...schemaOf(attribute('a')), id: CORE },
      /URN of the core schema/u,
    ],
  ])('refuses %s', (_name, schema, message) => {
    expect(() =>
      compileResourceSchema({ name: 'User', core: userSchema, extensions: [{ schema, required: false }] }),
    ).toThrow(message);
  });
});
