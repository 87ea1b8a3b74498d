// Read models are disposable: whatever happens to them, the log brings the same rows back.
import { rmSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';

import {
  createGroup,
  createUser,
  ENTERPRISE,
  filtered,
  find,
  NOBODY,
  patch,
  patchBody,
  read,
  references,
  USER,
  userBody,
} from '../conformance/scim.js';
import { readConfig } from '../../src/config/config.js';
import { openEmbeddedLedger } from '../../src/ledger/embedded.js';
import type { ResourceSearch } from '../../src/projections/directory/resources/resource-search.js';
import { startApp, type App, type Reply } from '../support/app.js';
import { newDataDir, removeDataDir, runCli, startServer, type ServerProcess } from '../support/processes.js';
import {
  ageLive,
  dumpLive,
  dumpReplayed,
  generationFiles,
  liveGeneration,
  livePath,
  type Unit,
} from '../support/read-models.js';

const UNITS: readonly Unit[] = ['directory', 'audit'];

describe('read models that are missing, damaged or of another version', () => {
  const token = 'read-model-token'.padEnd(43, 'x');
  let dataDir: string;
  let answers: unknown;

  beforeAll(async () => {
    dataDir = await newDataDir();
    const app = await open();
    await populate(app);
    answers = await everything(app);
    await app.stop();
  });

  afterAll(() => removeDataDir(dataDir));

  function open(): Promise<App> {
    return startApp({ dataDir, stores: 'sqlite', env: { SCIM_TOKEN: token } });
  }

  async function expectAllBack(): Promise<void> {
    const app = await open();
    const found = await everything(app);
    await app.stop();
    expect(found).toEqual(answers);
  }

  it('come back the same when their folder was deleted', async () => {
    rmSync(join(dataDir, 'read-model'), { recursive: true });

    await expectAllBack();
  });

  it.each(UNITS)('come back the same when only %s was deleted', async (unit) => {
    for (const name of readdirSync(join(dataDir, 'read-model'))) {
      if (name.startsWith(unit)) rmSync(join(dataDir, 'read-model', name));
    }

    await expectAllBack();
  });

  it.each(UNITS)('come back the same when the file of %s is not a database', async (unit) => {
    const { number } = liveGeneration(dataDir, unit);
    writeFileSync(livePath(dataDir, unit), 'x'.repeat(20_000));

    await expectAllBack();

    expect(liveGeneration(dataDir, unit).number).toBeGreaterThan(number);
  });

  it.each(UNITS)('come back the same when the file of %s is empty', async (unit) => {
    truncateSync(livePath(dataDir, unit), 0);

    await expectAllBack();
  });

  it.each(UNITS)('come back the same when the pointer of %s is damaged', async (unit) => {
    writeFileSync(join(dataDir, 'read-model', `${unit}.live.json`), '{"gener');

    await expectAllBack();
  });

  it.each(UNITS)('are built anew when %s was written by another version', async (unit) => {
    const before = liveGeneration(dataDir, unit);
    ageLive(dataDir, unit);

    await expectAllBack();

    const after = liveGeneration(dataDir, unit);
    expect(after.version).toBe(before.version);
    expect(after.number).toBeGreaterThan(before.number);
    expect(generationFiles(dataDir, unit)).toEqual([`${unit}-${after.number}.sqlite`]);
  });

  it('are opened, not built, when nothing is wrong with them', async () => {
    const before = UNITS.map((unit) => liveGeneration(dataDir, unit));

    await expectAllBack();

    expect(UNITS.map((unit) => liveGeneration(dataDir, unit))).toEqual(before);
  });
});

describe('a rebuild while clients write', () => {
  let dataDir: string;
  let server: ServerProcess;

  beforeEach(async () => {
    dataDir = await newDataDir();
    server = await startServer(dataDir);
    await populate(server);
  });

  afterEach(async () => {
    await server.stop();
    await removeDataDir(dataDir);
  });

  it.each([['directory'], ['--all']])(
    'of %s fails no request, hides no write, and ends with the rows of a replay',
    async (which) => {
      const before = liveGeneration(dataDir, 'directory').number;
      let isOver = false;
      const lanes = Array.from({ length: 4 }, (_, lane) => writeAndRead(server, lane, () => isOver));

      const ended = await rebuildTwice(server, which);
      isOver = true;
      const problems = (await Promise.all(lanes)).flat();

      expect(ended).toEqual([0, 0]);
      expect(problems).toEqual([]);
      expect(liveGeneration(dataDir, 'directory').number).toBeGreaterThanOrEqual(before + 2);
      expect((await server.admin('GET', '/audit?count=1')).status).toBe(200);
      for (const unit of UNITS) {
        expect(generationFiles(dataDir, unit)).toHaveLength(1);
        expect(await dumpLive(dataDir, unit)).toEqual(await dumpReplayed(dataDir, unit, 'event by event'));
      }
    },
  );
});

async function rebuildTwice(
  { dataDir, adminToken }: ServerProcess,
  which: string,
): Promise<readonly (number | null)[]> {
  const env = { ADMIN_TOKEN: adminToken };
  const first = await runCli(dataDir, ['projections', 'rebuild', which], env);
  const second = await runCli(dataDir, ['projections', 'rebuild', which, '--json'], env);
  return [first.code, second.code];
}

/** Writes and reads back at once, by index and by evaluation, until told to end; returns what went wrong. */
async function writeAndRead(app: App, lane: number, isOver: () => boolean): Promise<readonly string[]> {
  const problems: string[] = [];
  const check = (what: string, isRight: boolean): void => {
    if (!isRight) problems.push(what);
  };
  for (let round = 0; !isOver(); round += 1) {
    const name = `rebuild-${lane}-${round}`;
    const made = await app.request('POST', '/Users', userBody({ userName: name, nickName: name }));
    check(`create answered ${made.status}: ${made.text}`, made.status === 201);
    for (const filter of [`userName eq "${name}"`, `nickName eq "${name}"`]) {
      const { status, body, text } = await app.request('GET', filtered('/Users', filter));
      check(`${filter} answered ${status}: ${text}`, body.Resources?.[0]?.id === made.body.id);
    }
    const changed = await patch(app, `/Users/${made.body.id}`, { op: 'add', path: 'title', value: name });
    check(`patch answered ${changed.status}`, changed.body['title'] === name);
    const seen = await app.request('GET', `/Users/${made.body.id}`);
    check(`read answered ${seen.status}: ${seen.text}`, seen.body['title'] === name);
    const { status, body } = await app.admin(
      'GET',
      `/audit?filter=${encodeURIComponent(`resource.id eq "${made.body.id}"`)}`,
    );
    check(`audit answered ${status}`, (body['entries'] as unknown[])?.length === 2);
    if (round % 2 === 0) {
      const gone = await app.request('DELETE', `/Users/${made.body.id}`);
      check(`delete answered ${gone.status}`, gone.status === 204);
      const after = await app.request('GET', `/Users/${made.body.id}`);
      check(`a deleted user answered ${after.status}`, after.status === 404);
    }
  }
  return problems;
}

describe('a search that waits for its thread', () => {
  it('is answered although a rebuild replaces the generation it was asked of', async () => {
    const dataDir = await newDataDir();
    const ledger = await openEmbeddedLedger(readConfig({ DATA_DIR: dataDir }), pino({ level: 'silent' }));
    const { store, readModels: projections } = ledger;
    const search: ResourceSearch = {
      tenant: 'default',
      type: 'User',
      filter: undefined,
      sort: undefined,
      offset: 0,
      count: 10,
      baseUrl: '',
    };

    // Asked at the last moment before the switch; the thread has yet to start and to open the file.
    const switchOver = store.exclusive.bind(store);
    let asked: Promise<unknown> | undefined;
    store.exclusive = (run) => {
      asked ??= projections.longQuery('directory', search);
      asked.catch(() => undefined);
      return switchOver(run);
    };
    await projections.rebuild('directory').done;
    const answer = await Promise.allSettled([asked]);
    await ledger.close();
    await removeDataDir(dataDir);

    expect(answer).toEqual([{ status: 'fulfilled', value: { total: 0, documents: [] } }]);
  });
});

describe('whatever clients do', () => {
  let app: App;
  let users: string[] = [];
  let groups: string[] = [];

  beforeAll(async () => {
    app = await startApp({ stores: 'sqlite' });
  });

  afterAll(() => app.stop());

  it('rows grown event by event, replayed and rebuilt are equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step(), { minLength: 20, maxLength: 60 }), async (steps) => {
        for (const one of steps) await perform(one);
        expect((await app.admin('GET', '/audit?count=1')).status).toBe(200);
        for (const unit of UNITS) {
          const live = await dumpLive(app.dataDir, unit);
          expect(await dumpReplayed(app.dataDir, unit, 'event by event')).toEqual(live);
          expect(await dumpReplayed(app.dataDir, unit, 'bulk load')).toEqual(live);
        }
      }),
      { numRuns: 8 },
    );
  });

  it('a rebuilt directory answers as the one before it', async () => {
    const before = await everything(app);

    for (const unit of UNITS) await rebuilt(app, unit);

    expect(await everything(app)).toEqual(before);
    for (const unit of UNITS) expect(generationFiles(app.dataDir, unit)).toHaveLength(1);
  });

  async function perform({ action, at, to, text }: Step): Promise<void> {
    const [user, other, group] = [pick(users, at), pick(users, to), pick(groups, at)];
    const reply = await request(action, user, other, group, text);
    expect({ status: reply.status, text: reply.text }).not.toMatchObject({ status: 500 });
    if (reply.status === 201) {
      (reply.body.meta.resourceType === 'User' ? users : groups).push(reply.body.id);
    } else if (action === 'deleteUser' && reply.status === 204) {
      users = users.filter((id) => id !== user);
    } else if (action === 'deleteGroup' && reply.status === 204) {
      groups = groups.filter((id) => id !== group);
    }
  }

  function request(action: Action, user: string, other: string, group: string, text: string): Promise<Reply> {
    const value = references({ id: user }, { id: other });
    switch (action) {
      case 'createUser':
        return app.request('POST', '/Users', rich(text, other));
      case 'replaceUser':
        return app.request('PUT', `/Users/${user}`, rich(text));
      case 'changeUser':
        return patch(
          app,
          `/Users/${user}`,
          { op: 'replace', path: 'emails', value: [{ value: `${text}@example.com`, type: 'work' }] },
          { op: 'replace', path: `${ENTERPRISE}:manager`, value: { value: other } },
          { op: 'replace', path: 'nickName', value: text },
        );
      case 'renameUser':
        return patch(app, `/Users/${user}`, { op: 'replace', path: 'userName', value: text });
      case 'disableUser':
        return patch(app, `/Users/${user}`, { op: 'replace', path: 'active', value: text.length % 2 === 0 });
      case 'deleteUser':
        return app.request('DELETE', `/Users/${user}`);
      case 'createGroup':
        return app.request('POST', '/Groups', {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
          displayName: text,
          members: value,
        });
      case 'renameGroup':
        return patch(app, `/Groups/${group}`, { op: 'replace', path: 'displayName', value: text });
      case 'addMembers':
        return patch(app, `/Groups/${group}`, { op: 'add', path: 'members', value });
      case 'removeMember':
        return patch(app, `/Groups/${group}`, { op: 'remove', path: `members[value eq "${user}"]` });
      case 'clearMembers':
        return patch(app, `/Groups/${group}`, { op: 'remove', path: 'members' });
      case 'replaceMembers':
        return app.request('PATCH', `/Groups/${group}`, patchBody({ op: 'replace', path: 'members', value }));
      case 'deleteGroup':
        return app.request('DELETE', `/Groups/${group}`);
      default:
        return action satisfies never;
    }
  }

  function rich(text: string, manager?: string) {
    return {
      schemas: [USER, ENTERPRISE],
      userName: text,
      externalId: `ext ${text}`,
      displayName: text.toUpperCase(),
      // Longer than the index holds.
      nickName: text.repeat(text.length % 3 === 0 ? 60 : 1),
      emails: [{ value: `${text}@example.com`, type: 'work', primary: true }],
      [ENTERPRISE]: {
        employeeNumber: text,
        ...(manager === undefined ? {} : { manager: { value: manager } }),
      },
    };
  }
});

const ACTIONS = [
  'createUser',
  'replaceUser',
  'changeUser',
  'renameUser',
  'disableUser',
  'deleteUser',
  'createGroup',
  'renameGroup',
  'addMembers',
  'removeMember',
  'clearMembers',
  'replaceMembers',
  'deleteGroup',
] as const;
type Action = (typeof ACTIONS)[number];

/** What a client does, to which of the resources that it has made. */
interface Step {
  readonly action: Action;
  readonly at: number;
  readonly to: number;
  readonly text: string;
}

function step(): fc.Arbitrary<Step> {
  return fc.record({
    action: fc.constantFrom(...ACTIONS, 'createUser', 'createUser', 'addMembers'),
    at: fc.nat(),
    to: fc.nat(),
    // Few names, so that they collide; some beyond ASCII and beyond the basic plane.
    text: fc.stringMatching(/^[abÅé𝒳 ]{1,6}x$/u),
  });
}

function pick(ids: readonly string[], at: number): string {
  return ids[at % Math.max(1, ids.length)] ?? NOBODY;
}

async function populate(app: App): Promise<void> {
  const users = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      createUser(app, { userName: `populate-${index}`, title: `Title ${index % 3}` }),
    ),
  );
  const group = await createGroup(app, { displayName: 'Everybody', members: references(...users) });
  await createGroup(app, { displayName: 'Nobody' });
  await patch(app, `/Users/${users[1]?.id}`, { op: 'replace', path: 'active', value: false });
  await patch(app, `/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${users[2]?.id}"]` });
  await app.request('DELETE', `/Users/${users[3]?.id}`);
  expect(await find(app, '/Users', 'title eq "Title 1"')).toHaveLength(4);
}

/** What clients and operators can see. */
async function everything(app: App): Promise<unknown> {
  const entries = await app.admin('GET', '/audit?count=1000&filter=resource.type%20ne%20%22Token%22');
  const seen = [
    await read(app, '/Users?sortBy=userName&count=1000'),
    await read(app, '/Groups?count=1000'),
    await read(app, filtered('/Users', 'active eq true and userName sw "p"')),
    entries.body,
  ];
  // Another start has another port.
  return JSON.parse(JSON.stringify(seen).replaceAll(app.url, ''));
}

async function rebuilt(app: App, unit: Unit): Promise<void> {
  let { body } = await app.admin('POST', `/projections/${unit}/rebuild`);
  while ((body['rebuild'] as { state: string }).state === 'running') {
    ({ body } = await app.admin('GET', `/projections/${unit}`));
  }
  expect(body['rebuild']).toMatchObject({ state: 'done' });
}
