import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { given, replay, secondOf2026, type Fact } from '../../test/support/given-when-then.js';
import type { JsonObject } from '../scim/json.js';
import { decideChange, decideCreate, decideDelete } from './decide.js';
import { changesOf, evolve } from './evolve.js';
import { groupType } from './group/index.js';
import type { Member } from './resource-type.js';
import { userType } from './user/index.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const provisioned = (attributes: JsonObject): Fact => ({ type: 'UserProvisioned', data: { attributes } });
const ada = { userName: 'ada', active: true, name: { givenName: 'Ada', familyName: 'Byron' } };

describe('a decision to create', () => {
  it('is one event that holds all attributes', () => {
    const events = decideCreate(userType, ada, []);

    expect(events).toMatchObject([{ type: 'UserProvisioned', schemaVersion: 1, data: { attributes: ada } }]);
  });

  it('leaves the names of attributes in clear, and no value', () => {
    const [event] = decideCreate(userType, ada, []);

    expect(event?.clear).toEqual({ paths: ['userName', 'active', 'name'] });
  });

  it('leaves nothing in clear of a type that is not personal', () => {
    const [event] = decideCreate(groupType, { displayName: 'Staff' }, []);

    expect(event).not.toHaveProperty('clear');
  });

  it('adds the members in events of at most 500', () => {
    const events = decideCreate(groupType, { displayName: 'Staff' }, members(1001));

    expect(events.map(({ type, data }) => [type, lengthOf(data['members'])])).toEqual([
      ['GroupCreated', 0],
      ['GroupMembersAdded', 500],
      ['GroupMembersAdded', 500],
      ['GroupMembersAdded', 1],
    ]);
  });

  it('fills an event of exactly 500 members and begins no empty one', () => {
    expect(decideCreate(groupType, { displayName: 'Staff' }, members(500))).toHaveLength(2);
  });

  it('ignores members of a type that has none', () => {
    expect(decideCreate(userType, ada, members(1))).toHaveLength(1);
  });
});

describe('a decision to change', () => {
  it('[ETG-04] is no event when nothing changed', () => {
    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, structuredClone(attributes)))
      .thenNothing();
  });

  it('is a rename when userName changed', () => {
    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, { ...attributes, userName: 'ada.l' }))
      .then({ type: 'UserRenamed', data: { before: 'ada', after: 'ada.l' } });
  });

  it('is a rename when userName changed in letter case alone', () => {
    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, { ...attributes, userName: 'Ada' }))
      .then({ type: 'UserRenamed', data: { before: 'ada', after: 'Ada' } });
  });

  it('is a deactivation when active became false, a reactivation when it became true', () => {
    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, { ...attributes, active: false }))
      .then({ type: 'UserDeactivated', data: {} });
    given(userType, provisioned(ada), { type: 'UserDeactivated', data: {} })
      .when(({ attributes }) => decideChange(userType, attributes, { ...attributes, active: true }))
      .then({ type: 'UserReactivated', data: {} });
  });

  it('is a change of an attribute when active becomes unassigned: that is neither on nor off', () => {
    const { active: _active, ...rest } = ada;

    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, rest))
      .then({ type: 'UserAttributesChanged', data: { changes: [{ path: 'active', before: true }] } });
  });

  it('tells facts first, then all other attributes in one event', () => {
    const after = {
      ...ada,
      userName: 'ada.l',
      active: false,
      title: 'Countess',
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      [ENTERPRISE]: { manager: { value: 'm1' } },
    };

    given(userType, provisioned(ada))
      .when(({ attributes }) => decideChange(userType, attributes, after))
      .then(
        { type: 'UserRenamed', data: { before: 'ada', after: 'ada.l' } },
        { type: 'UserDeactivated', data: {} },
        {
          type: 'UserAttributesChanged',
          data: {
            changes: [
              { path: 'name.familyName', before: 'Byron', after: 'Lovelace' },
              { path: 'title', after: 'Countess' },
              { path: `${ENTERPRISE}:manager.value`, after: 'm1' },
            ],
          },
        },
      );
  });

  it('leaves paths in clear and no value', () => {
    const [event] = decideChange(userType, ada, { ...ada, title: 'Countess' });

    expect(event?.clear).toEqual({ changes: [{ path: 'title' }] });
  });

  it('clears before it removes and adds', () => {
    const change = { cleared: { count: 3 }, removed: [], added: members(1) };

    given(groupType, { type: 'GroupCreated', data: { attributes: { displayName: 'Staff' } } })
      .when(({ attributes }) => decideChange(groupType, attributes, attributes, change))
      .then(
        { type: 'GroupMembersCleared', data: { count: 3 } },
        { type: 'GroupMembersAdded', data: { members: [{ value: 'm0', type: 'User' }] } },
      );
  });

  it('[PAT-24] removes members in events of at most 500, by id alone', () => {
    const removed = members(501).map(({ value }) => value);
    const { events } = given(groupType, { type: 'GroupCreated', data: {} }).when(({ attributes }) =>
      decideChange(groupType, attributes, attributes, { added: [], removed }),
    );

    expect(events.map(({ data }) => lengthOf(data['members']))).toEqual([500, 1]);
    expect(events[1]?.data).toEqual({ members: [{ value: 'm500' }] });
  });
});

describe('a decision to delete', () => {
  it('is one event without data', () => {
    given(userType, provisioned(ada))
      .when(() => decideDelete(userType))
      .then({ type: 'UserDeprovisioned', data: {} });
  });

  it('leads to a deleted resource', () => {
    const state = given(userType, provisioned(ada))
      .when(() => decideDelete(userType))
      .thenState();

    expect(state).toMatchObject({ isDeleted: true, revision: 1 });
  });
});

describe('evolving', () => {
  it('keeps the time of creation and moves the time of change and the revision', () => {
    const state = replay(userType, [provisioned(ada), { type: 'UserDeactivated', data: {} }]);

    expect(state).toEqual({
      attributes: { ...ada, active: false },
      created: secondOf2026(0),
      lastModified: secondOf2026(1),
      revision: 1,
      isDeleted: false,
    });
  });

  it('never throws: an event of another time or type leaves the attributes alone', () => {
    const unknown = { type: 'UserPromoted', data: { to: 'king' }, revision: 7, occurredAt: secondOf2026(7) };

    expect(evolve(userType, replay(userType, [provisioned(ada)]), unknown)).toMatchObject({
      attributes: ada,
      revision: 7,
    });
  });

  it('takes events whose data is not as decided for no change', () => {
    expect(replay(userType, [{ type: 'UserProvisioned', data: {} }]).attributes).toEqual({});
    expect(changesOf({ changes: 'none' })).toEqual([]);
  });

  it('leads to whatever was decided, for any two states', () => {
    fc.assert(
      fc.property(userAttributes(), userAttributes(), (before, after) => {
        const state = given(userType, ...decideCreate(userType, before, []))
          .when(({ attributes }) => decideChange(userType, attributes, after))
          .thenState();

        expect(state.attributes).toEqual(after);
      }),
    );
  });

  it('needs no event to stay where it is, for any state', () => {
    fc.assert(
      fc.property(userAttributes(), (attributes) => {
        expect(decideChange(userType, attributes, structuredClone(attributes))).toEqual([]);
      }),
    );
  });

  it('leads back by the changes turned round, for any two states', () => {
    fc.assert(
      fc.property(userAttributes(), userAttributes(), (before, after) => {
        const there = decideChange(userType, before, after);
        const back = decideChange(userType, after, before);

        expect(back.map(({ type }) => type).filter((type) => type === 'UserRenamed')).toEqual(
          there.map(({ type }) => type).filter((type) => type === 'UserRenamed'),
        );
        expect(pathsOf(back)).toEqual(pathsOf(there));
      }),
    );
  });
});

function members(count: number): readonly Member[] {
  return Array.from({ length: count }, (_, index) => ({ value: `m${index}`, type: 'User' }));
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

describe('a state', () => {
  const fenced = { kind: 'User.userName', ownerId: 'u1' };

  it('is that of nobody, for ever, after a provisioning was abandoned', () => {
    const state = replay(userType, [{ type: 'ProvisioningAbandoned', data: fenced }]);

    expect(state).toMatchObject({ isDeleted: true, attributes: {} });
  });

  it('moves its revision, and nothing else, when a claim was abandoned', () => {
    const before = [provisioned(ada), { type: 'UserDeactivated', data: {} }];

    const state = replay(userType, [...before, { type: 'ClaimAbandoned', data: fenced }]);

    expect(state).toEqual({ ...replay(userType, before), revision: 2 });
  });
});

function pathsOf(events: readonly Fact[]): readonly string[] {
  return events.flatMap(({ type, data }) =>
    type === 'UserAttributesChanged' ? changesOf(data).map(({ path }) => path) : [type.replace(/Re|De/, '')],
  );
}

/** Attributes as parsing leaves them: nothing undefined, no empty object or list, objects in schema order. */
function userAttributes(): fc.Arbitrary<JsonObject> {
  const text = fc.constantFrom('a', 'b', 'B', 'ä', '😀', '', 'https://x.example/y.z:1');
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const emails = fc.array(
    fc.record({ value: text, type: fc.constantFrom('work', 'home') }, { requiredKeys: ['value'] }),
    { minLength: 1, maxLength: 3 },
  );
  return fc
    .record({
      externalId: some(text),
      userName: fc.constantFrom('ada', 'Ada', 'bob'),
      active: some(fc.boolean()),
      title: some(text),
      givenName: some(text),
      familyName: some(text),
      emails: some(emails),
      employeeNumber: some(text),
      manager: some(text),
    })
    .map(({ givenName, familyName, employeeNumber, manager, ...flat }) =>
      assigned({
        ...flat,
        name: assigned({ givenName, familyName }),
        [ENTERPRISE]: assigned({ employeeNumber, manager: assigned({ value: manager }) }),
      }),
    );
}

function assigned(values: Readonly<Record<string, unknown>>): JsonObject {
  const isAssigned = (value: unknown) =>
    value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isAssigned(value))) as JsonObject;
}
