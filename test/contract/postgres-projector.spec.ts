import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { pino, type Logger } from 'pino';

import { EventCodec } from '../../src/event-store/envelope/event-codec.js';
import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import type { StoredEvent } from '../../src/event-store/event-store.js';
import { AuditReader } from '../../src/projections/audit/audit.reader.js';
import { DirectoryReader } from '../../src/projections/directory/directory.reader.js';
import type { OpenEvents } from '../../src/projections/postgres/log-reader.js';
import { namesWith } from '../../src/projections/postgres/names.js';
import { ServerReadModels } from '../../src/projections/postgres/server-read-models.js';
import type { ProjectionUnit } from '../../src/projections/projection.js';
import { ReadModelBehind } from '../../src/projections/read-model-behind.js';
import { UNITS } from '../../src/projections/units.js';
import { groupType } from '../../src/resources/group/index.js';
import { userType } from '../../src/resources/user/index.js';
import { openCommands, TENANT, type Commands } from '../support/commands.js';
import { describeWithPostgres, newDatabase, type TestDatabase } from '../support/postgres.js';
import { dumpOf } from '../support/read-models.js';

const logger = pino({ level: 'silent' });
const names = namesWith();
const SOON_MS = 20_000;

let database: TestDatabase;
let commands: Commands;
let opened: ServerReadModels[];

interface Start {
  readonly processName?: string;
  readonly units?: readonly ProjectionUnit[];
  readonly open?: OpenEvents;
  readonly isProjector?: boolean;
  readonly log?: Commands;
  readonly logger?: Logger;
}

async function start({ open, isProjector = true, log = commands, ...more }: Start = {}) {
  const { store } = log.ledger;
  const models = await ServerReadModels.open({ url: database.url, store, logger, ...more });
  opened.push(models);
  if (isProjector) models.project(open ?? openerOf(log));
  return models;
}

async function stop(models: ServerReadModels): Promise<void> {
  opened = opened.filter((other) => other !== models);
  await models.close();
}

function openerOf({ ledger }: Commands): OpenEvents {
  const codec = new EventCodec(ledger.keys);
  return async (events) => events.map((event) => codec.open(event));
}

/** Waits until a unit has everything that is in the log. */
async function caughtUp(models: ServerReadModels, unit = 'directory', log = commands): Promise<void> {
  await models.reached(unit, log.ledger.store.headSync() ?? '', SOON_MS);
}

async function userNames(models: ServerReadModels): Promise<readonly unknown[]> {
  const { resources } = await new DirectoryReader(models).search({
    tenant: TENANT,
    type: 'User',
    filter: undefined,
    sort: undefined,
    offset: 0,
    count: 1000,
    baseUrl: 'https://scim.example/scim/v2',
  });
  return resources.map(({ state }) => state.attributes['userName']);
}

async function stateOf(models: ServerReadModels, unit = 'directory') {
  return (await models.status()).find(({ name }) => name === unit);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const users = (count: number, prefix = 'u') =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      commands.create(userType, { userName: `${prefix}${index}`, displayName: `${prefix} ${index}` }),
    ),
  );

/** The live rows are those that the log comes to, each once. */
async function expectWhole(models: ServerReadModels): Promise<void> {
  await caughtUp(models);
  const live = await models.database('directory').read(() => dumpOf('directory'));
  const { ledger } = commands;
  expect(live).toEqual(ledger.readModels.database('directory').read(() => dumpOf('directory')));
}

describeWithPostgres('projectors on PostgreSQL', () => {
  beforeEach(async () => {
    database = await newDatabase();
    commands = await openCommands();
    opened = [];
  });

  afterEach(async () => {
    for (const models of opened) await models.close();
    await commands.close();
    await database.drop();
  });

  it('build what is missing and follow what is written, for readers of every process', async () => {
    await users(3);
    const projector = await start();
    const api = await start({ isProjector: false });
    await api.built(SOON_MS);
    const { id } = await commands.create(userType, { userName: 'ada' });
    await commands.create(groupType, { displayName: 'Staff', members: [{ value: id }] });

    await caughtUp(api);
    expect(await userNames(api)).toEqual(['u0', 'u1', 'u2', 'ada']);
    await expectWhole(projector);
    const { entries } = await new AuditReader(api).search({ tenant: TENANT, count: 10 });
    expect(entries.map(({ operation }) => operation)).toEqual(Array(5).fill('create'));
  });

  it('say what is not there: a unit of no such name, and read models that nobody builds', async () => {
    const api = await start({ isProjector: false });

    expect(() => api.database('nonsense')).toThrow("no projection 'nonsense'");
    await expect(api.longQuery('nonsense', {})).rejects.toThrow("no projection 'nonsense'");
    await expect(api.built(1)).rejects.toThrow('not built yet');
    expect(await api.status()).toMatchObject([
      { name: 'directory', generation: undefined, state: 'building' },
      { name: 'audit', generation: undefined, state: 'building' },
    ]);
  });

  it('show a write to the very next read, each time', async () => {
    const models = await start();
    await models.built(SOON_MS);
    const directory = new DirectoryReader(models);

    for (let round = 0; round < 100; round++) {
      const { id } = await commands.create(userType, { userName: `u${round}` });
      await caughtUp(models);
      expect(await directory.resource(TENANT, userType, id)).toBeDefined();
    }
  });

  it('go on from the checkpoint, and open nothing again', async () => {
    await users(5);
    const first = await start();
    await caughtUp(first);
    await caughtUp(first, 'audit');
    await stop(first);
    await commands.create(userType, { userName: 'ada' });

    const seen: StoredEvent[] = [];
    const opener = openerOf(commands);
    const second = await start({
      open: (events) => {
        seen.push(...events);
        return opener(events);
      },
    });
    await caughtUp(second);
    await caughtUp(second, 'audit');

    expect(seen.map(({ type }) => type)).toEqual(['UserProvisioned', 'UserProvisioned']);
    await expectWhole(second);
  });

  it('are taken over by one that waits, when the connection of the owner dies', async () => {
    const one = await start({ processName: 'one' });
    await caughtUp(one);
    const two = await start({ processName: 'two' });
    const writing = users(100);
    await database.terminate('one directory lock');
    await writing;
    await users(20, 'later');

    await expectWhole(two);
    // The former owner waits in turn.
    await until(async () => (await stateOf(one))?.owner === 'two');
    await database.terminate('two directory lock');
    await users(20, 'last');
    await expectWhole(two);
    await until(async () => (await stateOf(two))?.owner === 'one');
  });

  it('lose and repeat nothing when connections that write die', async () => {
    const models = await start({ processName: 'one' });
    await caughtUp(models);
    for (let round = 0; round < 5; round++) {
      const writing = users(30, `round${round}-`);
      await database.terminate('one directory');
      await writing;
    }

    await expectWhole(models);
  });

  it('rebuild beside the live generation while commands go on, and switch', async () => {
    await users(200);
    const models = await start();
    await caughtUp(models);

    await models.rebuild('directory');
    for (let round = 0; (await stateOf(models))?.generation !== 2; round++) {
      const { id } = await commands.create(userType, { userName: `while${round}` });
      await caughtUp(models);
      expect(await new DirectoryReader(models).resource(TENANT, userType, id)).toBeDefined();
    }
    await commands.create(userType, { userName: 'afterwards' });

    await expectWhole(models);
    expect(await stateOf(models)).toMatchObject({ state: 'live', rebuild: { state: 'done' } });
    await until(async () => (await schemas('directory')).length === 1);
    expect(await schemas('directory')).toEqual([names.generation('directory', 2)]);
  });

  it('build another generation for another version of the code, which alone is read by it', async () => {
    await users(3);
    const old = await start();
    await caughtUp(old);
    await caughtUp(old, 'audit');
    await stop(old);

    const newer = UNITS.map(({ unit }) => ({ ...unit, version: unit.version + 1 }));
    const api = await start({ isProjector: false, units: newer });
    await expect(userNames(api)).rejects.toThrow('no live generation');
    const projector = await start({ units: newer });
    await projector.built(SOON_MS);

    await caughtUp(api);
    expect(await userNames(api)).toEqual(['u0', 'u1', 'u2']);
    expect(await stateOf(api)).toMatchObject({ generation: 2, version: 2, generationVersion: 2 });
    // The older release, still running somewhere, does not take it back.
    const warned: string[] = [];
    await stop(projector);
    const older = await start({ logger: pino({ level: 'warn' }, { write: (line) => warned.push(line) }) });
    await until(async () => warned.some((line) => line.includes('made by a newer release')));
    await expect(userNames(older)).rejects.toThrow('no live generation');
    expect(await userNames(api)).toEqual(['u0', 'u1', 'u2']);
  });

  it('build anew what was made from another log', async () => {
    await users(3);
    const first = await start();
    await caughtUp(first);
    await stop(first);
    const other = await openCommands();
    await other.create(userType, { userName: 'bob' });

    const models = await start({ log: other });
    await until(async () => (await stateOf(models))?.generation === 2);
    await caughtUp(models, 'directory', other);

    expect(await userNames(models)).toEqual(['bob']);
    await stop(models);
    await other.close();
  });

  it('remove a generation that was never finished, and begin again', async () => {
    await users(3);
    const models = await start({ isProjector: false });
    const connection = await database.connect();
    await connection.execute(`CREATE SCHEMA ${names.generation('directory', 1)};
      INSERT INTO ${names.control}.generation (unit, number, version, is_complete) VALUES ('directory', 1, 1, 0);
      UPDATE ${names.control}.projection SET next_number = 2 WHERE unit = 'directory'`);

    models.project(openerOf(commands));
    await expectWhole(models);

    expect(await schemas('directory')).toEqual([names.generation('directory', 2)]);
  });

  it.each<[string, (event: LedgerEvent) => LedgerEvent]>([
    [
      'cannot be opened',
      () => {
        throw new Error('does not open with its key');
      },
    ],
    [
      'the database refuses',
      (event) => ({ ...event, stream: 'scim.acme.tenant-config', type: 'TenantRegistered', data: {} }),
    ],
  ])('stop at an event that %s, with all before it applied, and go on after a rebuild', async (_, spoil) => {
    const opener = openerOf(commands);
    let isBroken = true;
    const isBad = (event: LedgerEvent): boolean =>
      (event.data['attributes'] as { userName?: string } | undefined)?.userName === 'bad';
    const models = await start({
      open: async (events) =>
        (await opener(events)).map((event) => (isBroken && isBad(event) ? spoil(event) : event)),
    });
    await users(3);
    await caughtUp(models);
    await commands.create(userType, { userName: 'bad' });
    await users(3, 'later');

    await until(async () => (await stateOf(models))?.state === 'stopped');
    expect((await stateOf(models))?.error).toMatch(/directory cannot apply \w+ \(scim\.acme/);
    expect(await userNames(models)).toEqual(['u0', 'u1', 'u2']);
    await expect(models.caughtUp('directory')).rejects.toThrow('cannot apply');

    isBroken = false;
    await models.rebuild('directory');
    await expectWhole(models);
    expect(await stateOf(models)).toMatchObject({ state: 'live' });
  });

  it('keep the live generation when a rebuild of it fails', async () => {
    const opener = openerOf(commands);
    let isBroken = false;
    const models = await start({
      open: async (events) => {
        if (isBroken && events.some(({ revision, stream }) => revision === 0 && stream.includes('.user-'))) {
          throw new Error('broken');
        }
        return opener(events);
      },
    });
    const [first] = await users(1);
    await caughtUp(models);

    isBroken = true;
    await models.rebuild('directory');
    await until(async () => {
      const rebuild = (await stateOf(models))?.rebuild as { state?: string } | undefined;
      return rebuild?.state === 'failed';
    });
    await commands.patch(userType, first?.id ?? '', [{ op: 'replace', path: 'title', value: 'x' }]);
    await caughtUp(models);

    isBroken = false;
    expect(await stateOf(models)).toMatchObject({ state: 'live', generation: 1 });
    await expectWhole(models);
  });

  it('go on when the database was away', async () => {
    const models = await start();
    await users(3);
    await caughtUp(models);

    await database.goAway();
    await users(3, 'away');
    await expect(userNames(models)).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await expect(models.status()).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await database.comeBack();

    await expectWhole(models);
  });

  it('are not reached while nobody projects, and are heard of again without a word', async () => {
    const api = await start({ isProjector: false, processName: 'api' });
    const { id } = await commands.create(userType, { userName: 'ada' });
    await expect(api.reached('directory', commands.ledger.store.headSync() ?? '', 50)).rejects.toThrow(
      ReadModelBehind,
    );

    await database.terminate('api');
    await start();

    await caughtUp(api);
    expect(await new DirectoryReader(api).resource(TENANT, userType, id)).toBeDefined();
  });

  it('are not taken from a database of a newer release, nor from none', async () => {
    await stop(await start({ isProjector: false }));
    const connection = await database.connect();
    await connection.execute(`UPDATE ${names.control}.version SET version = 99`);

    await expect(start()).rejects.toThrow(/READ_MODEL: .* version 99, made by a newer release/);

    const url = Object.assign(new URL(database.url), { pathname: '/nothing' }).href;
    const { store } = commands.ledger;
    await expect(ServerReadModels.open({ url, store, logger })).rejects.toThrow(
      /READ_MODEL: there is no such database/,
    );
  });

  it('are prepared by several processes at once', async () => {
    const started = await Promise.all([start(), start(), start()]);
    await users(10);

    for (const models of started) await expectWhole(models);
  });
});

async function schemas(unit: string): Promise<readonly unknown[]> {
  const connection = await database.connect();
  const found = await connection.execute(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE '${names.control}\\_${unit}\\_%' ORDER BY 1`,
  );
  await connection.close();
  return found.map(({ name }) => name);
}
