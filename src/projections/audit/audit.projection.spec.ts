import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventMetadata, LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { SearchTooLong } from '../../read-model/search.js';
import type { JsonObject } from '../../scim/json.js';
import { Generation } from '../generation.js';
import type { LiveReadModels } from '../live-read-models.js';
import type { AuditEntry } from './audit-entry.js';
import { AuditReader } from './audit.reader.js';
import { auditUnit } from './index.js';

let generation: Generation;
let reader: AuditReader;
let position: number;

beforeEach(() => {
  generation = Generation.create(auditUnit, 1, ':memory:', { isBulkLoad: false });
  reader = new AuditReader(modelsOf());
  position = 0;
});

afterEach(() => {
  generation.close();
});

describe('an audit entry', () => {
  it('tells all events of a command on one resource together, by the weightiest of them', async () => {
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);
    happen(
      'c2',
      'user-u1',
      ['UserAttributesChanged', { changes: [{ path: 'title', after: 'Countess' }] }],
      ['UserDeactivated', {}],
      ['UserRenamed', { before: 'ada', after: 'ada.l' }],
    );

    const [entry] = await entries();

    expect(entry).toMatchObject({
      id: 'c2.u1',
      position: '0002',
      revision: 3,
      operation: 'disable',
      resource: { type: 'User', id: 'u1', label: 'ada.l' },
      changes: [
        { path: 'title', after: 'Countess' },
        { path: 'active', before: true, after: false },
        { path: 'userName', before: 'ada', after: 'ada.l' },
      ],
      sentence:
        'Entra disabled user "ada.l", title set to "Countess", active from true to false, userName from "ada" to "ada.l".',
    });
  });

  it('tells what happened to a resource of which it never heard, or of which little is left', async () => {
    happen('c1', 'user-u1', ['UserDeactivated', {}]);
    happen('c2', 'user-u2', ['UserProvisioned', {}]);
    happen('c3', 'user-u2', ['UserRenamed', {}]);
    happen('c4', 'group-g1', ['GroupMembersCleared', {}]);
    happen('c5', 'group-g1', ['GroupMembersAdded', {}]);

    expect(
      (await entries()).map(({ operation, resource }) => [operation, resource.id, resource.label]),
    ).toEqual([
      ['update', 'g1', ''],
      ['update', 'g1', ''],
      ['update', 'u2', ''],
      ['create', 'u2', ''],
      ['disable', 'u1', ''],
    ]);
  });

  it('gathers the members of all events of a command', async () => {
    for (const id of ['a', 'b', 'c'])
      happen(`c-${id}`, `user-${id}`, ['UserProvisioned', { attributes: { userName: id } }]);
    happen(
      'c1',
      'group-g1',
      ['GroupCreated', { attributes: { displayName: 'Staff' } }],
      ['GroupMembersAdded', { members: [{ value: 'a', type: 'User' }] }],
      ['GroupMembersAdded', { members: [{ value: 'b', type: 'User' }] }],
    );
    happen(
      'c2',
      'group-g1',
      ['GroupMembersRemoved', { members: [{ value: 'a' }] }],
      ['GroupMembersRemoved', { members: [{ value: 'unknown' }] }],
      ['GroupMembersAdded', { members: [{ value: 'c', type: 'User' }] }],
    );

    const [changed, created] = await entries();

    expect(created).toMatchObject({ operation: 'create', membersAdded: [{ label: 'a' }, { label: 'b' }] });
    expect(created).not.toHaveProperty('membersRemoved');
    expect(changed).toMatchObject({
      operation: 'update',
      membersAdded: [{ type: 'User', id: 'c', label: 'c' }],
      membersRemoved: [{ label: 'a' }, { type: '', id: 'unknown', label: '' }],
    });
  });

  it('names the manager as it was called at that point of the log', async () => {
    const path = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value';
    const change = (parts: object) => ({ changes: [{ path, ...parts }] });
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);
    happen('c2', 'user-u1', ['UserAttributesChanged', change({ after: 'u2' })]);
    happen('c3', 'user-u2', ['UserProvisioned', { attributes: { userName: 'grace' } }]);
    happen('c4', 'user-u1', ['UserAttributesChanged', change({ before: 'u9', after: 'u2' })]);
    happen('c5', 'user-u2', ['UserRenamed', { before: 'grace', after: 'grace.h' }]);
    happen('c6', 'user-u2', ['UserDeprovisioned', {}]);
    happen('c7', 'user-u1', ['UserAttributesChanged', change({ before: 'u2' })]);

    const told = (await entries()).filter(({ resource }) => resource.label === 'ada');

    expect(told.map(({ sentence }) => sentence.replace(path, 'manager'))).toEqual([
      'Entra changed user "ada": manager removed (was "grace.h").',
      'Entra changed user "ada": manager from "u9" to "grace".',
      'Entra changed user "ada": manager set to "u2".',
      'Entra created user "ada".',
    ]);
    expect(told[1]).toMatchObject({
      changes: [{ path, before: 'u9', after: 'u2' }],
      references: [{ path, type: 'User', id: 'u2', label: 'grace' }],
    });
    expect(told[2]).not.toHaveProperty('references');
  });

  it('of a clearing says how many went', async () => {
    happen('c1', 'group-g1', ['GroupCreated', { attributes: { displayName: 'Staff' } }]);
    happen('c2', 'group-g1', ['GroupMembersCleared', { count: 7 }]);

    expect((await entries())[0]).toMatchObject({
      membersCleared: 7,
      sentence: expect.stringContaining('all 7 members'),
    });
  });

  it('of a deletion says what the resource was a member of', async () => {
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);
    for (const name of ['Z', 'A', 'left']) {
      const members = { members: [{ value: 'u1', type: 'User' }] };
      happen(
        `c-${name}`,
        `group-${name}`,
        ['GroupCreated', { attributes: { displayName: name } }],
        ['GroupMembersAdded', members],
      );
    }
    happen('c2', 'group-left', ['GroupMembersCleared', { count: 1 }]);
    happen('c3', 'user-u1', ['UserDeprovisioned', {}]);

    expect((await entries())[0]).toMatchObject({
      operation: 'delete',
      groupsLeft: [{ label: 'A' }, { label: 'Z' }],
      sentence: 'Entra deleted user "ada"; it left A, Z.',
    });
  });

  it('keeps the name that a resource had at the time', async () => {
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);
    happen('c2', 'user-u1', ['UserReactivated', {}]);
    happen('c3', 'user-u1', ['UserRenamed', { before: 'ada', after: 'ada.l' }]);
    happen('c4', 'user-u1', ['UserRenamed', {}]);

    expect((await entries()).map(({ resource }) => resource.label)).toEqual(['ada.l', 'ada.l', 'ada', 'ada']);
  });

  it('is made of what stood in clear when the person was erased', async () => {
    happen('c1', 'user-u1', ['UserProvisioned', { paths: ['userName'] }]);
    happen('c2', 'user-u1', ['UserAttributesChanged', { changes: [{ path: 'title' }] }]);

    expect((await entries()).map(({ sentence }) => sentence)).toEqual([
      'Entra changed user "u1": title changed.',
      'Entra created user "u1".',
    ]);
  });

  it('is there for a resource whose creation the log does not tell', async () => {
    happen('c1', 'user-u1', ['UserDeactivated', {}]);

    expect((await entries())[0]).toMatchObject({
      operation: 'disable',
      resource: { type: 'User', id: 'u1', label: '' },
    });
  });

  it('is not made of claims, of streams that are not ours, nor of events that say nothing to it', async () => {
    happen('c1', 'claim-x', ['NameClaimed', { kind: 'User.userName', ownerId: 'u1' }]);
    happen('c2', 'key-secret', ['SecretKeyRegistered', {}]);
    happen('c3', 'user-u1', ['UserPromoted', {}]);
    generation.applyBatch([{ ...eventOf('c4', 'user-u1', 0, 'UserProvisioned', {}), stream: 'another' }]);

    expect(await entries()).toEqual([]);
  });

  it('is not made of what fences off an abandoned command', async () => {
    const fenced = { kind: 'User.userName', ownerId: 'u1' };
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);

    happen('c2', 'user-u1', ['ClaimAbandoned', fenced]);
    happen('c3', 'user-u2', ['ProvisioningAbandoned', fenced]);

    expect(await entries()).toMatchObject([{ commandId: 'c1', resource: { label: 'ada' } }]);
  });

  it('keeps order and time where clocks go back', async () => {
    happenAt('2026-01-01T12:00:00.000Z', 'c1', 'user-u1', [
      'UserProvisioned',
      { attributes: { userName: 'ada' } },
    ]);
    happenAt('2026-01-01T11:00:00.000Z', 'c2', 'user-u1', ['UserDeactivated', {}]);

    expect(await entries()).toMatchObject([
      { time: '2026-01-01T11:00:00.000Z', effectiveTime: '2026-01-01T12:00:00.000Z' },
      { time: '2026-01-01T12:00:00.000Z', effectiveTime: '2026-01-01T12:00:00.000Z' },
    ]);
  });
});

describe('what is no resource', () => {
  it('has its entries too', async () => {
    happen('c1', 'tenant-config', ['TenantRegistered', { slug: 'acme', profile: 'default' }]);
    happen('c2', 'token-t1', ['TokenIssued', { tokenId: 't1', name: 'CI', hash: 'ab' }]);
    happen('c3', 'token-t1', ['TokenRevoked', { tokenId: 't1' }]);
    happen('c4', 'token-t2', ['TokenRevoked', { tokenId: 't2' }]);
    happen('c5', 'refusal-c5', ['RefusalsSuppressed', { count: 1 }]);
    happen('c6', 'refusal-c6', ['RefusalsSuppressed', { count: 5 }]);

    expect(
      (await entries()).map(({ operation, resource }) => [operation, resource.type, resource.label]),
    ).toEqual([
      ['suppressRefusals', 'Tenant', '5 refusals'],
      ['suppressRefusals', 'Tenant', '1 refusal'],
      ['revokeToken', 'Token', ''],
      ['revokeToken', 'Token', 'CI'],
      ['issueToken', 'Token', 'CI'],
      ['registerTenant', 'Tenant', 'acme'],
    ]);
  });

  it.each([
    ['create', 'create'],
    ['replace', 'update'],
    ['patch', 'update'],
    ['delete', 'delete'],
    ['other', 'other'],
  ])('tells a refused %s as a refused %s', async (attempted, operation) => {
    happen('c1', 'user-u1', ['UserProvisioned', { attributes: { userName: 'ada' } }]);
    const refused = { operation: attempted, status: 409, scimType: 'uniqueness', attribute: 'userName' };
    happen('c2', 'refusal-c2', [
      'WriteRefused',
      { ...refused, resourceType: 'User', resourceId: 'u1', fingerprints: { userName: 'ff' } },
    ]);

    expect((await entries())[0]).toMatchObject({
      operation,
      outcome: 'refused',
      resource: { type: 'User', id: 'u1', label: 'ada' },
      refusal: {
        status: 409,
        scimType: 'uniqueness',
        attribute: 'userName',
        fingerprints: { userName: 'ff' },
      },
    });
  });

  it('tells a refusal of which next to nothing is known', async () => {
    happen('c1', 'refusal-c1', ['WriteRefused', { operation: 'other', status: 404, fingerprints: {} }]);

    expect((await entries())[0]).toMatchObject({ resource: { type: 'Resource', id: '', label: '' } });
    expect((await entries())[0]?.refusal).toEqual({ status: 404, fingerprints: {} });
  });
});

describe('searching the audit', () => {
  beforeEach(() => {
    happenAt('2026-01-01T10:00:00.000Z', 'c1', 'user-u1', [
      'UserProvisioned',
      { attributes: { userName: 'ada' } },
    ]);
    happenAt('2026-01-01T11:00:00.000Z', 'c2', 'user-u2', [
      'UserProvisioned',
      { attributes: { userName: 'bob' } },
    ]);
    happenAt('2026-01-01T12:00:00.000Z', 'c3', 'user-u1', [
      'UserAttributesChanged',
      { changes: [{ path: 'emails', before: [{ value: 'a@x' }], after: [{ value: 'b@x' }] }] },
    ]);
  });

  it.each([
    ['resource.label eq "ADA"', ['c3', 'c1']],
    ['operation eq "create" and actor.label eq "entra"', ['c2', 'c1']],
    ['changes.path eq "emails"', ['c3']],
    ['changes.after co "b@x"', ['c3']],
    ['changes[path eq "userName" and after eq "bob"]', ['c2']],
    ['sentence co "created"', ['c2', 'c1']],
    ['not (commandId eq "c2")', ['c3', 'c1']],
    ['time gt "2026-01-01T12:00:00+01:00"', ['c3']],
  ])('finds %s', async (filter, commands) => {
    expect((await entries({ filter })).map(({ commandId }) => commandId)).toEqual(commands);
  });

  it.each([
    [{ since: '2026-01-01T11:00:00Z' }, ['c3', 'c2']],
    [{ until: '2026-01-01T11:00:00Z' }, ['c1']],
    [{ since: '2026-01-01T10:30:00Z', until: '2026-01-01T11:30:00Z' }, ['c2']],
    [{ since: '2027-01-01T00:00:00Z' }, []],
    [{ until: '2025-01-01T00:00:00Z' }, []],
  ])('finds what happened %j', async (span, commands) => {
    expect((await entries(span)).map(({ commandId }) => commandId)).toEqual(commands);
  });

  it('gives pages, newest first, the last one without a cursor', async () => {
    const first = await reader.search({ tenant: 'acme', count: 2 });
    const last = await reader.search({ tenant: 'acme', count: 2, cursor: first.nextCursor! });

    expect(first.entries.map(({ commandId }) => commandId)).toEqual(['c3', 'c2']);
    expect(last.entries.map(({ commandId }) => commandId)).toEqual(['c1']);
    expect(last).not.toHaveProperty('nextCursor');
  });

  it('finds what is rare beyond many that do not match', async () => {
    for (let number = 0; number < 450; number++) {
      happen(`m${number}`, `user-m${number}`, [
        'UserProvisioned',
        { attributes: { userName: `m${number}` } },
      ]);
    }

    expect(await entries({ filter: 'sentence co "b@x"' })).toMatchObject([{ commandId: 'c3' }]);
  });

  it('finds nothing of another tenant', async () => {
    expect(await reader.search({ tenant: 'other', count: 10 })).toEqual({ entries: [] });
  });

  it.each([
    [{ filter: 'nothing eq "x"' }, 'invalidFilter'],
    [{ since: 'yesterday' }, 'invalidValue'],
    [{ until: '2026-13-01T00:00:00Z' }, 'invalidValue'],
    [{ cursor: 'x' }, 'invalidValue'],
  ])('refuses %j', async (wanted, scimType) => {
    await expect(reader.search({ tenant: 'acme', count: 10, ...wanted })).rejects.toMatchObject({
      status: 400,
      scimType,
    });
  });

  it('is 503 when the projection has stopped', async () => {
    const stopped = new AuditReader({
      ...modelsOf(),
      caughtUp: () => Promise.reject(new Error('it stopped')),
    });

    await expect(stopped.search({ tenant: 'acme', count: 1 })).rejects.toMatchObject({ status: 503 });
  });

  it.each([
    ['too long', new SearchTooLong('too long'), { status: 400, scimType: 'tooMany' }],
    ['broken', new Error('broken'), { message: 'broken' }],
  ])('is refused when it takes too long, and nothing else is: %s', async (_, failure, expected) => {
    const slow = new AuditReader({ ...modelsOf(), longQuery: () => Promise.reject(failure) });

    await expect(slow.search({ tenant: 'acme', count: 1 })).rejects.toMatchObject(expected);
  });
});

type Happened = readonly [type: string, data: JsonObject];

function happen(commandId: string, stream: string, ...events: readonly Happened[]): void {
  happenAt('2026-01-01T00:00:00.000Z', commandId, stream, ...events);
}

function happenAt(
  occurredAt: string,
  commandId: string,
  stream: string,
  ...events: readonly Happened[]
): void {
  generation.applyBatch(
    events.map(([type, data], index) => {
      const event = eventOf(commandId, stream, index + (type.endsWith('Provisioned') ? 0 : 1), type, data);
      return { ...event, metadata: { ...event.metadata, commandIndex: index, occurredAt } };
    }),
  );
}

function eventOf(
  commandId: string,
  stream: string,
  revision: number,
  type: string,
  data: JsonObject,
): LedgerEvent {
  const metadata: EventMetadata = {
    $correlationId: commandId,
    $causationId: commandId,
    tenant: 'acme',
    schemaVersion: 1,
    commandId,
    commandIndex: 0,
    commandSize: 1,
    actor: { kind: 'token', id: 't1', label: 'Entra' },
    occurredAt: '2026-01-01T00:00:00.000Z',
    prevHash: '',
    hash: '',
  };
  const place = String((position += 1)).padStart(4, '0');
  return {
    id: `e${place}`,
    stream: `scim.acme.${stream}`,
    revision,
    position: place,
    type,
    data,
    metadata,
    erased: false,
  };
}

async function entries(wanted: object = {}): Promise<readonly AuditEntry[]> {
  return (await reader.search({ tenant: 'acme', count: 1000, ...wanted })).entries;
}

function modelsOf(): LiveReadModels {
  return {
    database: () => generation.database,
    caughtUp: async () => undefined,
    // The unit answers in the shape that its reader asked for.
    longQuery: async (_unit, request) => generation.database.read(auditUnit.longQuery(request)) as never,
  };
}
