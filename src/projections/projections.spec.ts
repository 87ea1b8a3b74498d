import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import { userType } from '../resources/user/index.js';
import { DEFAULT_SELECTION } from '../scim/schema/selection.js';
import { AuditReader } from './audit/audit.reader.js';
import { DirectoryReader } from './directory/directory.reader.js';
import type { LiveReadModels } from './live-read-models.js';
import { SearchTooLong } from '../read-model/search.js';
import type { Projections } from './projections.js';

let commands: Commands;
let projections: Projections;

beforeEach(async () => {
  commands = await openCommands();
  projections = commands.ledger.readModels;
});

afterEach(() => commands.close());

const stateOf = (name: string) => projections.status().find((status) => status.name === name);
const audited = async () =>
  (await new AuditReader(projections).search({ tenant: TENANT, count: 100 })).entries.map(
    ({ operation }) => operation,
  );
const search = (parts: object = {}) =>
  new DirectoryReader(projections).search({
    tenant: TENANT,
    type: 'User',
    filter: undefined,
    sort: undefined,
    offset: 0,
    count: 100,
    baseUrl: 'https://scim.example/scim/v2',
    ...parts,
  });

describe('projections in memory', () => {
  it('are live from the start', () => {
    expect(projections.status()).toMatchObject([
      { name: 'directory', state: 'live' },
      { name: 'audit', state: 'live' },
    ]);
    expect(stateOf('directory')).not.toHaveProperty('rebuild');
  });

  it('have no files, and are there at once', async () => {
    await projections.built();

    expect(projections.files()).toEqual([]);
  });

  it('of a name that is none are an error of the caller', async () => {
    expect(() => projections.database('nonsense')).toThrow('nonsense');
    expect(() => projections.rebuild('nonsense')).toThrow('nonsense');
    await expect(projections.longQuery('nonsense', {})).rejects.toThrow('nonsense');
  });

  it('[POS-08] show what was written as soon as it is answered', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });

    expect((await search()).resources.map((resource) => resource.id)).toEqual([id]);
    expect(await audited()).toEqual(['create']);
  });

  it('catch up when the log was committed and their rows were not', async () => {
    const database = projections.database('directory');
    const commit = database.commit.bind(database);
    database.commit = () => {
      database.commit = commit;
      throw new Error('disk full');
    };

    const { id } = await commands.create(userType, { userName: 'ada' });

    expect((await search()).resources.map((resource) => resource.id)).toEqual([id]);
    await commands.create(userType, { userName: 'bob' });
    expect((await search()).total).toBe(2);
  });

  it.each(['directory', 'audit'])('answer as before when %s was rebuilt, and go on', async (name) => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const before = stateOf(name)?.generation;

    await projections.rebuild(name).done;

    expect(stateOf(name)?.generation).not.toBe(before);
    expect(stateOf(name)).toMatchObject({ state: 'live', rebuild: { state: 'done' } });
    await commands.remove(userType, id);
    expect((await search()).total).toBe(0);
    expect(await audited()).toEqual(['delete', 'create']);
  });

  it('join a rebuild that is under way', async () => {
    const first = projections.rebuild('directory');

    expect(projections.rebuild('directory')).toBe(first);
    await first.done;
    expect(projections.rebuild('directory')).not.toBe(first);
  });

  it('end in an error for a name that none of them has', async () => {
    expect(() => projections.database('nothing')).toThrow("no projection 'nothing'");
    expect(() => projections.rebuild('nothing')).toThrow("no projection 'nothing'");
    await expect(projections.caughtUp('nothing')).rejects.toThrow("no projection 'nothing'");
  });

  it('do not follow a rebuild that failed', async () => {
    await commands.create(userType, { userName: 'ada' });
    const { store } = commands.ledger;
    const readAllSync = store.readAllSync.bind(store);
    store.readAllSync = () => {
      throw new Error('the log cannot be read');
    };

    await expect(projections.rebuild('directory').done).rejects.toThrow('the log cannot be read');

    store.readAllSync = readAllSync;
    expect(stateOf('directory')).toMatchObject({ state: 'live', rebuild: { state: 'failed' } });
    expect((await search()).total).toBe(1);
  });
});

describe('the reader of the directory', () => {
  it('tells resources, tenants and tokens, and nothing where there is none', async () => {
    const reader = new DirectoryReader(projections);
    const { id } = await commands.create(userType, { userName: 'ada' });

    expect(await reader.resource(TENANT, userType, id)).toMatchObject({
      id,
      state: { attributes: { userName: 'ada' } },
    });
    expect(await reader.resource('other', userType, id)).toBeUndefined();
    expect(await reader.resource(TENANT, userType, 'nobody')).toBeUndefined();
    expect(await reader.tenant('nobody')).toBeUndefined();
    expect(await reader.tokenByHash('none')).toBeUndefined();
    expect(await reader.tokens(TENANT)).toEqual([]);
  });

  it('tells the types of ids, of the first type named that has one', async () => {
    const { id } = await commands.create(userType, { userName: 'ada' });
    const reader = new DirectoryReader(projections);

    expect(await reader.typesOf(TENANT, ['User', 'Group'], [id, 'nobody'])).toEqual(new Map([[id, 'User']]));
    expect(await reader.typesOf('other', ['User'], [id])).toEqual(new Map());
  });

  it('renders resources as clients see them', async () => {
    const { id, state } = await commands.create(userType, { userName: 'ada' });

    const [rendered] = await new DirectoryReader(projections).renderAll(
      TENANT,
      userType,
      [{ id, state }],
      DEFAULT_SELECTION,
      'https://scim.example/scim/v2',
    );

    expect(rendered).toMatchObject({
      id,
      userName: 'ada',
      meta: { location: `https://scim.example/scim/v2/Users/${id}` },
    });
  });

  it.each([
    ['too long', new SearchTooLong('too long'), { status: 400, scimType: 'tooMany' }],
    ['broken', new Error('broken'), { message: 'broken' }],
  ])(
    'refuses a search that takes too long, and lets nothing else pass for that: %s',
    async (_, failure, expected) => {
      await commands.create(userType, { userName: 'ada', title: 'x' });
      const models: LiveReadModels = {
        database: (unit) => projections.database(unit),
        caughtUp: async () => undefined,
        longQuery: () => Promise.reject(failure),
      };
      const path = userType.schema.resolve('title')!;
      const filter = { type: 'compare' as const, path, op: 'eq' as const, key: 'x', value: 'x' };

      const found = new DirectoryReader(models).search({
        tenant: TENANT,
        type: 'User',
        filter,
        sort: undefined,
        offset: 0,
        count: 1,
        baseUrl: '',
      });

      await expect(found).rejects.toMatchObject(expected);
      expect((await search({ filter })).total).toBe(1);
    },
  );
});
