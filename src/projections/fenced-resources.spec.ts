// What becomes of a resource in the directory when a command on it was fenced off.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import { streamName } from '../event-store/stream-names.js';
import { userType } from '../resources/user/index.js';
import { DirectoryReader } from './directory/directory.reader.js';

let commands: Commands;

beforeEach(async () => {
  commands = await openCommands();
});

afterEach(() => commands.close());

describe('a fence in the stream of', () => {
  it('a user moves its version only, live and after a rebuild', async () => {
    const { id, state } = await commands.create(userType, { userName: 'ada', title: 'Countess' });

    await fence(id, 'ClaimAbandoned');

    const fenced = { ...state, revision: 1 };
    expect((await commands.streams.load(userType, TENANT, id))?.state).toEqual(fenced);
    expect((await inDirectory(id))?.state).toEqual(fenced);
    await commands.ledger.projections.rebuild('directory').done;
    expect((await inDirectory(id))?.state).toEqual(fenced);
    await expect(commands.replace(userType, id, { userName: 'eve' }, [1])).resolves.toMatchObject({
      state: { revision: expect.any(Number) as unknown, attributes: { userName: 'eve' } },
    });
  });

  it('a user that was never created leaves nobody, live and after a rebuild', async () => {
    const id = randomUUID();

    await fence(id, 'ProvisioningAbandoned');

    expect(await commands.streams.load(userType, TENANT, id)).toBeUndefined();
    expect(await inDirectory(id)).toBeUndefined();
    await commands.ledger.projections.rebuild('directory').done;
    expect(await inDirectory(id)).toBeUndefined();
    await expect(commands.remove(userType, id)).rejects.toMatchObject({ status: 404 });
  });
});

function inDirectory(id: string) {
  return new DirectoryReader(commands.ledger.projections).resource(TENANT, userType, id);
}

async function fence(ownerId: string, type: string): Promise<void> {
  const { log } = commands.ledger;
  const stream = streamName(TENANT, 'user', ownerId);
  const { revision, tipHash } = await log.load(stream);
  const event = { type, schemaVersion: 1, data: { kind: 'User.userName', ownerId } };
  await log.append([{ stream, revision, tipHash, events: [event] }], context());
}
