import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { Claims } from '../../../src/commands/claims.js';
import { EventLog } from '../../../src/event-store/event-log.js';
import { SqliteEventStore } from '../../../src/event-store/sqlite/sqlite-event-store.js';
import { openKeyStore } from '../../../src/keys/key-store.js';
import { Generation } from '../../../src/projections/generation.js';
import { UNITS } from '../../../src/projections/units.js';
import { evolve, type ResourceState } from '../../../src/resources/evolve.js';
import { RESOURCE_TYPES, resourceTypeNamed } from '../../../src/resources/registry.js';
import { evolveToken, type TokenState } from '../../../src/tenants/decide.js';
import type { TokenEvent } from '../../../src/tenants/events.js';
import { context } from '../../support/commands.js';
import { erasedGoldenCodec, goldenCodec, readGoldenEvents } from '../golden-events.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url));

/** A decided event as sources write it: a literal type with its version or data after it. */
const DECIDED = /type: '([A-Z][A-Za-z]+)', (?:schemaVersion|data)\b/g;

const golden = readGoldenEvents();
const samples = [...golden.values()];

describe('every event type that the product can write', () => {
  const ofResources = RESOURCE_TYPES.flatMap(({ vocabulary: { renamed, switched, members, ...facts } }) => [
    ...Object.values(facts),
    ...[renamed?.event, switched?.on, switched?.off].filter((type) => type !== undefined),
    ...Object.values(members ?? {}),
  ]);
  const elsewhere = sourceFiles().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(DECIDED)].map(([, type = '']) => type),
  );

  it('is found', () => {
    expect(elsewhere).toEqual(
      expect.arrayContaining([
        'NameClaimed',
        'NameReleased',
        'TokenIssued',
        'WriteRefused',
        'SecretKeyRegistered',
      ]),
    );
  });

  it('has a stored sample', () => {
    const sampled = new Set(samples.map(({ stored }) => stored.type));

    expect([...new Set([...ofResources, ...elsewhere])].filter((type) => !sampled.has(type))).toEqual([]);
  });
});

describe('stored samples', () => {
  it('of a user lead to the state they tell', () => {
    const user = replayed('User', [
      'UserProvisioned',
      'UserAttributesChanged',
      'UserRenamed',
      'UserDeactivated',
      'UserReactivated',
    ]);

    expect(user).toMatchObject({
      isDeleted: false,
      created: '2026-01-02T03:04:05.678Z',
      attributes: {
        userName: 'ada.lovelace@example.com',
        active: true,
        title: 'Countess',
        name: { givenName: 'Ada', familyName: 'Lovelace' },
        [ENTERPRISE]: { employeeNumber: '42' },
      },
    });
    expect(user.attributes).not.toHaveProperty('emails');
    expect(replayed('User', ['UserProvisioned', 'UserDeactivated']).attributes).toMatchObject({
      active: false,
    });
    expect(replayed('User', ['UserProvisioned', 'UserDeprovisioned']).isDeleted).toBe(true);
    expect(replayed('User', ['ProvisioningAbandoned']).isDeleted).toBe(true);
    expect(replayed('User', ['UserProvisioned', 'ClaimAbandoned'])).toEqual(
      replayed('User', ['UserProvisioned']),
    );
  });

  it('of a group lead to the state they tell', () => {
    const group = replayed('Group', [
      'GroupCreated',
      'GroupRenamed',
      'GroupAttributesChanged',
      'GroupMembersAdded',
    ]);

    expect(group.attributes).toEqual({ displayName: 'Engineers', externalId: 'G-2' });
    expect(replayed('Group', ['GroupCreated', 'GroupDeleted']).isDeleted).toBe(true);
  });

  it('of a token lead to the state they tell', () => {
    const token = ['TokenIssued', 'TokenRevoked'].reduce<TokenState | undefined>(
      (state, type) => evolveToken(state, opened(type) as unknown as TokenEvent),
      undefined,
    );

    expect(token).toEqual({ tokenId: 'tok_1', hash: 'ab'.repeat(32), isRevoked: true });
  });

  it.each([
    ['NameClaimed', false],
    ['NameReleased', true],
    ['ClaimAbandoned', true],
  ])('of a claim: after %s the name is free: %s', async (type, isFree) => {
    const store = new SqliteEventStore({ path: ':memory:' });
    const keys = openKeyStore({ path: ':memory:', secretKey: Buffer.alloc(32, 1) });
    const { stream, id, data, metadata } = sampleOf(type).stored;
    await store.append(stream, 'noStream', [{ id, type, data, metadata }]);
    const claim = { stream, kind: 'User.userName', attribute: 'userName', value: 'ada' };

    const taken = new Claims(new EventLog(store, goldenCodec), keys).take(claim, 'u2', context());

    await (isFree
      ? expect(taken).resolves.toMatchObject({ revision: 0 })
      : expect(taken).rejects.toMatchObject({ status: 409 }));
    await store.close();
    keys.close();
  });

  it.each(UNITS)('stop no projection of $unit.name, before or after an erasure', ({ unit }) => {
    for (const codec of [goldenCodec, erasedGoldenCodec]) {
      const generation = Generation.create(unit, 1, ':memory:', { isBulkLoad: false });
      const inOrder = samples.toSorted(
        (a, b) => Number(isFirst(b.stored.type)) - Number(isFirst(a.stored.type)),
      );

      expect(() => generation.applyBatch(inOrder.map(({ stored }) => codec.open(stored)))).not.toThrow();
      generation.close();
    }
  });
});

function isFirst(type: string): boolean {
  return /Provisioned$|Created$|Registered$|Issued$/.test(type);
}

function sampleOf(type: string) {
  const sample = golden.get(`${type}.v1.json`);
  if (!sample) throw new Error(`no sample of ${type}`);
  return sample;
}

function opened(type: string) {
  return goldenCodec.open(sampleOf(type).stored);
}

function replayed(typeName: string, events: readonly string[]): ResourceState {
  const type = resourceTypeNamed(typeName)!;
  return events.reduce<ResourceState | undefined>((state, name) => {
    const event = opened(name);
    return evolve(type, state, { ...event, occurredAt: event.metadata.occurredAt });
  }, undefined)!;
}

function sourceFiles(): readonly string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(SOURCES, name));
}
