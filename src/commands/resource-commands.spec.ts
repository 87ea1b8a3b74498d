import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { context, openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { RevisionConflict } from '../event-store/errors.js';
import { streamName } from '../event-store/stream-names.js';
import { groupType } from '../resources/group/index.js';
import { userType } from '../resources/user/index.js';
import type { ScimError } from '../scim/messages/scim-error.js';
import { LeniencyUse, STRICT } from '../scim/leniency.js';

let commands: Commands;

beforeEach(async () => {
  commands = await openCommands();
});

afterEach(() => commands.close());

describe('a name that is taken', () => {
  it('uses up no user key', async () => {
    const keyOf = async (userName: string): Promise<number> => {
      const events = await commands.appendedBy(() => commands.create(userType, { userName }));
      return events.find(({ type }) => type === 'UserProvisioned')?.metadata.keyId ?? 0;
    };
    const first = await keyOf('ada');

    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expectRefusal(commands.create(userType, { userName: 'ADA' }), 409, 'uniqueness');
    }

    expect(await keyOf('grace')).toBe(first + 1);
  });
});

describe('creating', () => {
  it('[POS-10] appends the resource and the claims of its names in one commit', async () => {
    const events = await commands.appendedBy(() => commands.create(userType, { userName: 'ada' }));

    expect(typesOf(events)).toEqual(['UserProvisioned', 'NameClaimed']);
    expect(events[0]?.data).toEqual({ attributes: { userName: 'ada', active: true } });
    expect(events[0]?.metadata.commandId).toBe(events[1]?.metadata.commandId);
    expect(events[1]?.data).toMatchObject({ kind: 'User.userName', ownerId: ownerOf(events) });
  });

  it('[POS-11] keeps an explicit null unassigned and does not put the default there', async () => {
    const { state } = await commands.create(userType, { userName: 'ada', Active: null });

    expect(state.attributes).toEqual({ userName: 'ada' });
  });

  it('[POS-03] is refused and appends nothing when the name is taken, in whatever letter case', async () => {
    await commands.create(userType, { userName: 'Straße' });

    const events = await commands.appendedBy(() =>
      expectRefusal(commands.create(userType, { userName: 'STRAßE' }), 409, 'uniqueness'),
    );

    expect(events).toEqual([]);
  });

  it('[POS-04] lets one of many at once have a name', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => commands.create(userType, { userName: 'ada' })),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lets two tenants, and two types, have the same name', async () => {
    await commands.create(userType, { userName: 'staff' });

    await expect(commands.create(groupType, { displayName: 'staff' })).resolves.toBeDefined();
    await expect(commands.create(userType, { userName: 'staff' }, 'other')).resolves.toBeDefined();
  });

  it('tells the types of the members, which it looks up', async () => {
    const ada = await commands.create(userType, { userName: 'ada' });
    const inner = await commands.create(groupType, { displayName: 'Inner' });
    const members = [{ value: ada.id }, { value: inner.id }, { value: ada.id }];

    const events = await commands.appendedBy(() =>
      commands.create(groupType, { displayName: 'Staff', members }),
    );

    expect(typesOf(events)).toEqual(['GroupCreated', 'GroupMembersAdded', 'NameClaimed']);
    expect(events[1]?.data).toEqual({
      members: [
        { value: ada.id, type: 'User' },
        { value: inner.id, type: 'Group' },
      ],
    });
  });

  it('[RES-08] is refused and appends nothing when a member does not exist', async () => {
    const events = await commands.appendedBy(() =>
      expectRefusal(
        commands.create(groupType, { displayName: 'Staff', members: [{ value: 'nobody' }] }),
        400,
        'invalidValue',
      ),
    );

    expect(events).toEqual([]);
  });

  it('is refused when a member has no id', async () => {
    const members = [{ type: 'User' }];

    await expectRefusal(commands.create(groupType, { displayName: 'Staff', members }), 400, 'invalidValue');
  });
});

describe('renaming', () => {
  it('takes the new name and gives back the old one in the commit that renames', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    const events = await commands.appendedBy(() => rename(id, 'ada.l'));

    expect(typesOf(events)).toEqual(['UserRenamed', 'NameClaimed', 'NameReleased']);
    expect(new Set(events.map(({ metadata }) => metadata.commandId)).size).toBe(1);
  });

  it('frees the old name for another resource', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    await rename(id, 'ada.l');

    await expect(commands.create(userType, { userName: 'ada' })).resolves.toBeDefined();
    await expectRefusal(commands.create(userType, { userName: 'ada.l' }), 409, 'uniqueness');
  });

  it('takes no claim for the same name in another letter case', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    const events = await commands.appendedBy(() => rename(id, 'ADA'));

    expect(typesOf(events)).toEqual(['UserRenamed']);
  });

  it('[PAT-34] is refused and appends nothing when the name is taken', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    await commands.create(userType, { userName: 'bob' });

    const events = await commands.appendedBy(() => expectRefusal(rename(id, 'Bob'), 409, 'uniqueness'));

    expect(events).toEqual([]);
  });

  it('lets two resources change names one after the other, never both hold one', async () => {
    const ada = await commands.create(userType, { userName: 'ada' });
    const bob = await commands.create(userType, { userName: 'bob' });

    const outcomes = await Promise.allSettled([rename(ada.id, 'bob'), rename(bob.id, 'ada')]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('lets one of many at once have the name', async () => {
    const created = await Promise.all(
      ['a', 'b', 'c', 'd'].map((userName) => commands.create(userType, { userName })),
    );

    const outcomes = await Promise.allSettled(created.map(({ id }) => rename(id, 'wanted')));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('changing', () => {
  it('[PUT-09] appends nothing when nothing changes, and answers the state there is', async () => {
    const { id } = await commands.create(userType, { userName: 'ada', title: 'Countess' });

    const events = await commands.appendedBy(async () => {
      const answer = await commands.replace(userType, id, { userName: 'ada', title: 'Countess' });
      expect(answer.state.revision).toBe(0);
    });

    expect(events).toEqual([]);
  });

  it('[PUT-03] by PUT clears what the body leaves out and defaults what has a default', async () => {
    const { id } = await commands.create(userType, { userName: 'ada', title: 'Countess', active: false });

    const { state } = await commands.replace(userType, id, { userName: 'ada' });

    expect(state.attributes).toEqual({ userName: 'ada', active: true });
  });

  it('[PAT-03] by PATCH appends nothing when one of its operations fails', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const operations = [
      { op: 'replace', path: 'title', value: 'Countess' },
      { op: 'replace', path: 'active', value: 'perhaps' },
    ];

    const events = await commands.appendedBy(() =>
      expectRefusal(commands.patch(userType, id, operations), 400, 'invalidValue'),
    );

    expect(events).toEqual([]);
  });

  it('writes the leniencies that it needed into its events', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    const [event] = await commands.appendedBy(() =>
      commands.patch(userType, id, [{ op: 'Replace', path: 'active', value: 'False' }]),
    );

    expect(event).toMatchObject({ type: 'UserDeactivated', metadata: { leniencies: ['booleanAsString'] } });
  });

  it('[ETG-05] loses none of many changes at once', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const paths = ['title', 'nickName', 'displayName', 'locale', 'timezone', 'userType'];

    await Promise.all(paths.map((path) => commands.patch(userType, id, [{ op: 'add', path, value: path }])));

    const loaded = await commands.streams.load(userType, TENANT, id);
    expect(loaded?.state.attributes).toMatchObject(Object.fromEntries(paths.map((path) => [path, path])));
  });

  it('[ETG-03] is refused when the resource is not at a version that the client requires', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const change = [{ op: 'replace', path: 'title', value: 'Countess' }];

    await expectRefusal(commands.patch(userType, id, change, [3]), 412);
    await expect(commands.patch(userType, id, change, [3, 0])).resolves.toMatchObject({
      state: { revision: 1 },
    });
    await expect(commands.replace(userType, id, { userName: 'ada' }, '*')).resolves.toMatchObject({
      state: { revision: 2 },
    });
  });

  it('[PUT-02] is 404 for an id that is unknown, of another type, of another tenant or deleted', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const foreign = await commands.create(userType, { userName: 'ada' }, 'other');
    const gone = await commands.create(userType, { userName: 'gone' });
    await commands.remove(userType, gone.id);

    for (const unknown of ['nobody', foreign.id, gone.id]) {
      await expectRefusal(commands.replace(userType, unknown, { userName: 'x' }), 404);
      await expectRefusal(commands.remove(userType, unknown, '*'), 404);
    }
    await expectRefusal(commands.patch(groupType, id, [{ op: 'remove', path: 'displayName' }]), 404);
  });

  it('decides again when somebody else has moved the stream', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    let attempts = 0;

    const { state } = await commands.writer.change(writeOf(), { id }, async (loaded) => {
      attempts += 1;
      if (attempts === 1) await moveBehindTheMutex(id);
      return { attributes: { ...loaded.state.attributes, title: 'Countess' } };
    });

    expect(attempts).toBe(2);
    expect(state.attributes).toMatchObject({ title: 'Countess', nickName: 'moved' });
  });

  it('[ETG-03] is refused with 412, not decided again, when somebody else has moved the required version', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    let attempts = 0;

    const changed = commands.writer.change(writeOf(), { id, ifMatch: [0] }, async (loaded) => {
      attempts += 1;
      await moveBehindTheMutex(id);
      return { attributes: { ...loaded.state.attributes, title: 'Countess' } };
    });

    await expectRefusal(changed, 412);
    expect(attempts).toBe(1);
  });

  it('gives up with 503 when others keep moving the stream until the deadline', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const start = Date.now();
    let attempts = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => start + attempts * 1000);

    const changed = commands.writer.change(writeOf(), { id }, () => {
      attempts += 1;
      return Promise.reject(new RevisionConflict('s', 1, 2));
    });

    await expectRefusal(changed, 503);
    clock.mockRestore();
    expect(attempts).toBe(3);
  });

  it('pauses between attempts, longer and longer, and never long', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    let attempts = 0;
    const random = jest.spyOn(Math, 'random').mockReturnValue(1);
    const timer = jest.spyOn(globalThis, 'setTimeout');

    await commands.writer.change(writeOf(), { id }, async ({ state: { attributes } }) => {
      attempts += 1;
      if (attempts < 7) throw new RevisionConflict('s', 1, 2);
      return { attributes };
    });

    const pauses = timer.mock.calls.map(([, ms]) => ms);
    for (const spy of [random, timer]) spy.mockRestore();
    expect(pauses).toEqual([3, 5, 9, 17, 20, 20]);
  });

  it('lets an error that is no conflict through at once', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    await expect(
      commands.writer.change(writeOf(), { id }, () => Promise.reject(new Error('broken'))),
    ).rejects.toThrow('broken');
  });
});

describe('changing members', () => {
  let ids: readonly string[];
  let group: string;

  beforeEach(async () => {
    const users = await Promise.all(
      ['ada', 'bob', 'cid'].map((userName) => commands.create(userType, { userName })),
    );
    ids = users.map(({ id }) => id);
    const members = ids.slice(0, 2).map((value) => ({ value }));
    group = (await commands.create(groupType, { displayName: 'Staff', members })).id;
  });

  const patchGroup = (
    ...operations: readonly {
      readonly op: string;
      readonly path?: string;
      readonly value?: string | readonly { value: string }[];
    }[]
  ) => commands.appendedBy(() => commands.patch(groupType, group, operations));

  it('costs what changes: members that are there already are not added', async () => {
    const events = await patchGroup({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) });

    expect(events).toMatchObject([{ type: 'GroupMembersAdded', data: { members: [{ value: ids[2] }] } }]);
  });

  it('[PAT-24] appends nothing for the removal of one that is no member', async () => {
    expect(await patchGroup({ op: 'remove', path: `members[value eq "${ids[2]}"]` })).toEqual([]);
  });

  it('[PAT-20] tells the members of a small group that is emptied', async () => {
    const events = await patchGroup({ op: 'remove', path: 'members' });

    expect(typesOf(events)).toEqual(['GroupMembersRemoved']);
    expect(new Set(events[0]?.data['members'] as unknown as readonly unknown[])).toEqual(
      new Set([{ value: ids[0] }, { value: ids[1] }]),
    );
  });

  it('[PAT-20] clears a large group in one event that says how many went', async () => {
    const loaded = await commands.streams.load(groupType, TENANT, group);
    const members = Array.from({ length: 499 }, (_, index) => ({ value: `m${index}`, type: 'User' }));
    const event = { type: 'GroupMembersAdded', schemaVersion: 1, data: { members } };
    await commands.ledger.log.append([commands.streams.change(loaded!, [event])], context());

    const events = await patchGroup({ op: 'remove', path: 'members' });

    expect(events).toMatchObject([{ type: 'GroupMembersCleared', data: { count: 501 } }]);
  });

  it('[PAT-28] replaces members by what differs', async () => {
    const { state } = await commands.replace(groupType, group, {
      displayName: 'Staff',
      members: [{ value: ids[1]! }, { value: ids[2]! }],
    });
    const loaded = await commands.streams.load(groupType, TENANT, group);

    expect(state.revision).toBeGreaterThan(1);
    expect(new Set([...(loaded?.members.values() ?? [])].map(({ value }) => value))).toEqual(
      new Set([ids[1], ids[2]]),
    );
  });

  it('knows the members again in a process that has just started', async () => {
    const stamp = commands.memberTable.stampOf(streamName(TENANT, 'group', group));
    commands.memberTable.drop(stamp!);

    expect(await patchGroup({ op: 'add', path: 'members', value: [{ value: ids[0]! }] })).toEqual([]);
  });

  it('takes up what another process appended to the group', async () => {
    const loaded = await commands.streams.load(groupType, TENANT, group);
    const members = [{ value: ids[2]!, type: 'User' }];
    const event = { type: 'GroupMembersAdded', schemaVersion: 1, data: { members } };
    await commands.ledger.log.append([commands.streams.change(loaded!, [event])], context());

    expect(await patchGroup({ op: 'add', path: 'members', value: [{ value: ids[2]! }] })).toEqual([]);
    expect((await commands.streams.load(groupType, TENANT, group))?.members.size).toBe(3);
  });

  it('drops what it knew of a group when the log says otherwise', async () => {
    const stream = streamName(TENANT, 'group', group);
    const { key, state } = commands.memberTable.stampOf(stream)!;
    const stray = { id: 'stray', type: 'GroupMembersCleared', revision: 1, data: {} } as LedgerEvent;
    commands.memberTable.advance(groupType, stream, { key, revision: 0, eventId: '', state }, [stray], state);
    expect(commands.memberTable.members(commands.memberTable.stampOf(stream)!).size).toBe(0);

    expect((await commands.streams.load(groupType, TENANT, group))?.members.size).toBe(2);
  });

  it('does not find a deleted group, by memory or by the log', async () => {
    await commands.remove(groupType, group);
    await expectRefusal(commands.patch(groupType, group, [{ op: 'remove', path: 'members' }]), 404);

    commands.memberTable.drop(commands.memberTable.stampOf(streamName(TENANT, 'group', group))!);
    expect(await commands.streams.load(groupType, TENANT, group)).toBeUndefined();
  });
});

describe('deleting', () => {
  it('[DEL-03] releases the names in the commit that deletes', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    const events = await commands.appendedBy(() => commands.remove(userType, id));

    expect(typesOf(events)).toEqual(['UserDeprovisioned', 'NameReleased']);
    await expect(commands.create(userType, { userName: 'ADA' })).resolves.toBeDefined();
  });

  it('[ETG-03] is refused and appends nothing at another version than the required one', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    const events = await commands.appendedBy(() => expectRefusal(commands.remove(userType, id, [7]), 412));

    expect(events).toEqual([]);
  });

  it('leaves a disabled user its name', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    await commands.patch(userType, id, [{ op: 'replace', path: 'active', value: false }]);

    await expectRefusal(commands.create(userType, { userName: 'ada' }), 409, 'uniqueness');
  });
});

function rename(id: string, userName: string) {
  return commands.patch(userType, id, [{ op: 'replace', path: 'userName', value: userName }]);
}

function writeOf() {
  return { context: context(), type: userType, leniencies: new LeniencyUse(STRICT) };
}

/** As another process would: without this process' queue. */
async function moveBehindTheMutex(id: string): Promise<void> {
  const loaded = await commands.streams.load(userType, TENANT, id);
  const changes = [{ path: 'nickName', after: 'moved' }];
  const event = { type: 'UserAttributesChanged', schemaVersion: 1, data: { changes }, clear: {} };
  await commands.ledger.log.append([commands.streams.change(loaded!, [event])], context());
}

async function expectRefusal(
  answer: Promise<unknown>,
  status: number,
  scimType?: ScimError['scimType'],
): Promise<void> {
  await expect(answer).rejects.toMatchObject({ name: 'ScimError', status, scimType });
}

function typesOf(events: readonly LedgerEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

function ownerOf([first]: readonly LedgerEvent[]): string {
  return first?.stream.slice(first.stream.indexOf('-') + 1) ?? '';
}
