import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { ResourceState } from '../resources/evolve.js';
import { groupType } from '../resources/group/index.js';
import { MemberTable } from './member-table.js';

const STREAM = 'scim.acme.group-1';
const STATE: ResourceState = {
  attributes: { displayName: 'Staff' },
  created: '2026-01-01T00:00:00.000Z',
  lastModified: '2026-01-01T00:00:00.000Z',
  revision: 0,
  isDeleted: false,
};

let table: MemberTable;

beforeEach(() => {
  table = new MemberTable();
});

afterEach(() => {
  table.onApplicationShutdown();
});

describe('the member table', () => {
  it('knows nothing of a group it was told nothing about', () => {
    expect(table.stampOf(STREAM)).toBeUndefined();
  });

  it('keeps the members that the events leave, and how far it has come', () => {
    const stamp = table.advance(
      groupType,
      STREAM,
      undefined,
      [created(), added(1, 'a', 'b'), removed(2, 'a')],
      STATE,
    );

    expect(members()).toEqual([{ value: 'b', type: 'User' }]);
    expect(stamp).toMatchObject({ revision: 2, eventId: 'e2', state: STATE });
    expect(table.stampOf(STREAM)).toEqual(stamp);
  });

  it('goes on from its stamp', () => {
    const stamp = table.advance(groupType, STREAM, undefined, [created(), added(1, 'a')], STATE);

    table.advance(groupType, STREAM, stamp, [added(2, 'b')], { ...STATE, revision: 2 });

    expect(members().map(({ value }) => value)).toEqual(['a', 'b']);
    expect(table.stampOf(STREAM)).toMatchObject({ revision: 2, state: { revision: 2 } });
  });

  it('counts each member once, however often it was added or removed', () => {
    const stamp = table.advance(
      groupType,
      STREAM,
      undefined,
      [created(), added(1, 'a', 'b'), added(2, 'b', 'c'), removed(3, 'a', 'nobody')],
      STATE,
    );

    expect(table.members(stamp).size).toBe(2);
    expect(table.members(stamp).has('b')).toBe(true);
    expect(table.members(stamp).has('a')).toBe(false);
  });

  it.each(['GroupMembersCleared', 'GroupDeleted'])('is empty after %s', (type) => {
    const stamp = table.advance(
      groupType,
      STREAM,
      undefined,
      [created(), added(1, 'a', 'b'), event(2, type)],
      STATE,
    );

    expect(table.members(stamp).size).toBe(0);
    expect(members()).toEqual([]);
  });

  it('keeps groups apart', () => {
    const one = table.advance(groupType, STREAM, undefined, [created(), added(1, 'a')], STATE);
    const two = table.advance(groupType, 'scim.acme.group-2', undefined, [created(), added(1, 'b')], STATE);

    table.drop(two);

    expect(table.members(one).has('a')).toBe(true);
    expect(table.members(one).has('b')).toBe(false);
    expect(table.stampOf('scim.acme.group-2')).toBeUndefined();
  });

  it('forgets members with the group, and learns it anew', () => {
    const stamp = table.advance(groupType, STREAM, undefined, [created(), added(1, 'a')], STATE);
    table.drop(stamp);

    const again = table.advance(groupType, STREAM, undefined, [created()], STATE);

    expect(table.members(again).size).toBe(0);
    expect(members()).toEqual([]);
  });

  it('refuses to advance by nothing: there would be no event to stamp it with', () => {
    expect(() => table.advance(groupType, STREAM, undefined, [], STATE)).toThrow('no events');
  });
});

function members() {
  const stamp = table.stampOf(STREAM);
  return stamp ? [...table.members(stamp).values()] : [];
}

function created(): LedgerEvent {
  return event(0, 'GroupCreated');
}

function added(revision: number, ...ids: readonly string[]): LedgerEvent {
  return event(revision, 'GroupMembersAdded', { members: ids.map((value) => ({ value, type: 'User' })) });
}

function removed(revision: number, ...ids: readonly string[]): LedgerEvent {
  return event(revision, 'GroupMembersRemoved', { members: ids.map((value) => ({ value })) });
}

function event(revision: number, type: string, data: LedgerEvent['data'] = {}): LedgerEvent {
  return { id: `e${revision}`, stream: STREAM, revision, type, data } as LedgerEvent;
}
