// What no attribute of the standard schemas shows: integers, decimals, immutable attributes and a required extension,
// over HTTP. The server runs with a user type of its own here, as if an extension had been added to the sources.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { userType } from '../../src/resources/user/index.js';
import { attribute, type SchemaDefinition } from '../../src/scim/schema/attribute.js';
import { compileResourceSchema } from '../../src/scim/schema/resource-schema.js';
import type { App, Reply } from '../support/app.js';
import { expectError, patch, USER } from './scim.js';

const CUSTOM = 'urn:example:params:scim:schemas:extension:badge:2.0:User';
const custom: SchemaDefinition = {
  id: CUSTOM,
  name: 'Badge',
  description: 'What a door knows of a user',
  attributes: [
    attribute('badge', { required: true }),
    attribute('level', { type: 'integer' }),
    attribute('score', { type: 'decimal' }),
    attribute('origin', { mutability: 'immutable' }),
  ],
};

let app: App;

beforeAll(async () => {
  const { core, extensions } = userType.schema;
  const schema = compileResourceSchema({
    name: 'User',
    core,
    extensions: [...extensions, { schema: custom, required: true }],
  });
  jest.unstable_mockModule('../../src/resources/user/index.js', () => ({
    userType: { ...userType, schema },
  }));
  // Registers resource types as it is loaded; with everything in memory no thread loads the real ones.
  jest.resetModules();
  const { startApp } = await import('../support/app.js');
  app = await startApp({ stores: 'memory' });
});

afterAll(() => app.stop());

let counter = 0;

function body(badge: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { schemas: [USER, CUSTOM], userName: `badge-${(counter += 1)}`, [CUSTOM]: badge };
}

const post = (badge: Readonly<Record<string, unknown>>): Promise<Reply> =>
  app.request('POST', '/Users', body(badge));

describe('an extension of our own', () => {
  it.each([
    ['[ATT-21] a fraction for an integer', { level: 1.5 }, 'level'],
    ['[ATT-21] text for an integer', { level: '1' }, 'level'],
    ['[ATT-24] text for a decimal', { score: '1.5' }, 'score'],
  ])('refuses %s', async (_, values, name) => {
    const reply = await post({ badge: 'b', ...values });

    expectError(reply, 400, 'invalidValue');
    expect(reply.body.detail).toContain(`${CUSTOM}:${name}`);
  });

  it('[ATT-21, ATT-24] takes whole numbers for both, and a fraction for a decimal', async () => {
    const whole = await post({ badge: 'b', level: 2, score: 1 });
    const fraction = await post({ badge: 'b', score: 1.5 });

    expect([whole.status, fraction.status]).toEqual([201, 201]);
    expect(whole.body[CUSTOM]).toEqual({ badge: 'b', level: 2, score: 1 });
    expect(fraction.body[CUSTOM]).toEqual({ badge: 'b', score: 1.5 });
  });

  it('[COM-09] must be there when it is required, with its required attribute, on create and on replace', async () => {
    const { id } = (await post({ badge: 'b' })).body;
    const without = { schemas: [USER], userName: 'nobody' };

    const replies = [
      await app.request('POST', '/Users', without),
      await app.request('PUT', `/Users/${id}`, without),
      await post({ level: 1 }),
    ];

    for (const reply of replies) {
      expectError(reply, 400, 'invalidValue');
      expect(reply.body.detail).toContain(CUSTOM);
    }
  });

  it('[PUT-05] has an immutable attribute that a PUT may set once, leave out, and never change', async () => {
    const { id } = (await post({ badge: 'b' })).body;
    const put = (badge: Readonly<Record<string, unknown>>) => app.request('PUT', `/Users/${id}`, body(badge));

    const set = await put({ badge: 'b', origin: 'here' });
    const kept = await put({ badge: 'c' });
    const same = await put({ badge: 'd', origin: 'here' });
    const changed = await put({ badge: 'e', origin: 'there' });

    expect([set.status, kept.status, same.status]).toEqual([200, 200, 200]);
    expect(kept.body[CUSTOM]).toEqual({ badge: 'c', origin: 'here' });
    expectError(changed, 400, 'mutability');
    expect(changed.body.detail).toContain(`${CUSTOM}:origin`);
    expectError(
      await patch(app, `/Users/${id}`, { op: 'replace', path: `${CUSTOM}:origin`, value: 'there' }),
      400,
      'mutability',
    );
  });
});
