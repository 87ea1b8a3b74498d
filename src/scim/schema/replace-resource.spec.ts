import { describe, expect, it } from '@jest/globals';
import { attribute, type SchemaDefinition } from './attribute.js';
import { replaceResource } from './replace-resource.js';
import { compileResourceSchema } from './resource-schema.js';

const EXTENSION = 'urn:example:extension:2.0:Thing';
const definition = (id: string): SchemaDefinition => ({
  id,
  name: 'Thing',
  description: '',
  attributes: [attribute('serial', { mutability: 'immutable' }), attribute('colour')],
});
const schema = compileResourceSchema({
  name: 'Thing',
  core: definition('urn:example:core:2.0:Thing'),
  extensions: [{ schema: definition(EXTENSION), required: false }],
});

describe('replaceResource', () => {
  it('[PUT-03] [PUT-10] clears what the body leaves out', () => {
    expect(replaceResource(schema, { colour: 'red', [EXTENSION]: { colour: 'blue' } }, {})).toEqual({});
  });

  it('[PUT-05] keeps immutable values that the body leaves out, and takes them where unset', () => {
    const current = { serial: '1', colour: 'red', [EXTENSION]: { serial: '2' } };

    expect(replaceResource(schema, current, { colour: 'blue' })).toEqual({
      serial: '1',
      colour: 'blue',
      [EXTENSION]: { serial: '2' },
    });
    expect(replaceResource(schema, {}, { serial: '1' })).toEqual({ serial: '1' });
  });

  it('[PUT-05] refuses to change an immutable value', () => {
    expect(() => replaceResource(schema, { serial: '1' }, { serial: '2' })).toThrow(
      expect.objectContaining({ scimType: 'mutability', attribute: 'serial' }),
    );
    expect(() =>
      replaceResource(schema, { [EXTENSION]: { serial: '1' } }, { [EXTENSION]: { serial: '2' } }),
    ).toThrow(expect.objectContaining({ scimType: 'mutability' }));
  });
});
