import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AuditReader } from '../../src/projections/audit/audit.reader.js';
import { DirectoryReader } from '../../src/projections/directory/directory.reader.js';
import { groupType } from '../../src/resources/group/index.js';
import { userType } from '../../src/resources/user/index.js';
import { bindFilter } from '../../src/scim/filter/bind.js';
import { parseFilter } from '../../src/scim/filter/parser.js';
import { LeniencyUse, STRICT } from '../../src/scim/leniency.js';
import { openCommands, TENANT, type Commands } from '../support/commands.js';

let folder: string;
let open: Commands[];

const start = async (name = 'data'): Promise<Commands> => {
  const commands = await openCommands(join(folder, name));
  open.push(commands);
  return commands;
};
const stop = async (commands: Commands): Promise<void> => {
  open = open.filter((other) => other !== commands);
  await commands.close();
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scim-ledger-projections-'));
  open = [];
});

afterEach(async () => {
  for (const commands of open) await commands.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('projections in files, with their threads', () => {
  it('follow what is written, each in its own way', async () => {
    const commands = await start();
    const { id } = await commands.create(userType, { userName: 'ada', title: 'Countess' });

    expect(await userNames(commands)).toEqual(['ada']);
    expect(await userNames(commands, 'title eq "countess"')).toEqual(['ada']);
    expect(await audited(commands)).toEqual(['create']);
    await commands.remove(userType, id);
    expect(await audited(commands)).toEqual(['delete', 'create']);
  });

  it('are opened again where they were, not built', async () => {
    const first = await start();
    await first.create(userType, { userName: 'ada' });
    await audited(first);
    await stop(first);

    const second = await start();

    expect(second.ledger.readModels.status().map(({ generation }) => generation)).toEqual([1, 1]);
    expect(await userNames(second)).toEqual(['ada']);
    expect(await audited(second)).toEqual(['create']);
  });

  it('say which files this thread writes, and that they are there', async () => {
    const { readModels } = (await start()).ledger;
    await readModels.built();

    expect(readModels.files()).toEqual([join(folder, 'data', 'read-model', 'directory-1.sqlite')]);
  });

  it('are rebuilt beside the live ones while commands go on', async () => {
    const commands = await start();
    await commands.create(groupType, { displayName: 'Staff' });
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => commands.create(userType, { userName: `u${index}` })),
    );
    const projections = commands.ledger.readModels;

    const rebuilds = [projections.rebuild('directory').done, projections.rebuild('audit').done];
    await commands.create(userType, { userName: 'meanwhile' });
    await Promise.all(rebuilds);
    await commands.create(userType, { userName: 'afterwards' });

    expect(projections.status()).toMatchObject([
      { generation: 2, state: 'live', rebuild: { state: 'done' } },
      { generation: 2, state: 'live', rebuild: { state: 'done' } },
    ]);
    expect(await userNames(commands)).toHaveLength(52);
    expect(await audited(commands)).toHaveLength(53);
    const files = readdirSync(join(folder, 'data', 'read-model')).filter((name) => name.endsWith('.sqlite'));
    expect(files.toSorted()).toEqual(['audit-2.sqlite', 'directory-2.sqlite']);
  });

  it('are built anew when they were made from another log', async () => {
    const one = await start('one');
    await one.create(userType, { userName: 'ada' });
    await audited(one);
    await stop(one);
    const two = await start('two');
    await two.create(userType, { userName: 'bob' });
    await stop(two);
    rmSync(join(folder, 'two', 'read-model'), { recursive: true });
    cpSync(join(folder, 'one', 'read-model'), join(folder, 'two', 'read-model'), { recursive: true });

    const again = await start('two');

    expect(await userNames(again)).toEqual(['bob']);
    expect(await audited(again)).toEqual(['create']);
  });

  it('are built anew when their files are damaged', async () => {
    const first = await start();
    await first.create(userType, { userName: 'ada' });
    await audited(first);
    await stop(first);
    const readModel = join(folder, 'data', 'read-model');
    for (const name of readdirSync(readModel)) {
      if (/-(wal|shm)$/.test(name)) rmSync(join(readModel, name));
      else if (name.endsWith('.sqlite')) writeFileSync(join(readModel, name), 'damaged '.repeat(1000));
    }

    const second = await start();

    expect(await userNames(second)).toEqual(['ada']);
    expect(await audited(second)).toEqual(['create']);
  });

  it('give back an error of the reading thread, and answer the next question', async () => {
    const commands = await start();
    await commands.create(userType, { userName: 'ada', title: 'x' });

    await expect(commands.ledger.readModels.longQuery('directory', undefined)).rejects.toThrow();

    expect(await userNames(commands, 'title eq "x"')).toEqual(['ada']);
  });
});

async function userNames({ ledger }: Commands, text?: string): Promise<readonly unknown[]> {
  const leniencies = new LeniencyUse(STRICT);
  const filter =
    text === undefined ? undefined : bindFilter(parseFilter(text, leniencies), userType.schema, leniencies);
  const { resources } = await new DirectoryReader(ledger.readModels).search({
    tenant: TENANT,
    type: 'User',
    filter,
    sort: undefined,
    offset: 0,
    count: 1000,
    baseUrl: 'https://scim.example/scim/v2',
  });
  return resources.map(({ state }) => state.attributes['userName']);
}

async function audited({ ledger }: Commands): Promise<readonly string[]> {
  const { entries } = await new AuditReader(ledger.readModels).search({ tenant: TENANT, count: 1000 });
  return entries.map(({ operation }) => operation);
}
