import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import { groupType } from '../resources/group/index.js';
import { userType } from '../resources/user/index.js';
import type { Claim } from './claims.js';

let commands: Commands;

beforeEach(async () => {
  commands = await openCommands();
});

afterEach(() => commands.close());

describe('claims', () => {
  it('are one for each unique attribute that has a value', () => {
    expect(commands.claims.of(TENANT, userType, { userName: 'ada', title: 'x' })).toMatchObject([
      { kind: 'User.userName', attribute: 'userName', value: 'ada' },
    ]);
    expect(commands.claims.of(TENANT, groupType, {})).toEqual([]);
  });

  it('are one stream for all letter cases of a value, another for each tenant and kind', () => {
    const streams = [
      claimOf('ada'),
      claimOf('ADA'),
      claimOf('bob'),
      commands.claims.of('other', userType, { userName: 'ada' })[0]!,
      commands.claims.of(TENANT, groupType, { displayName: 'ada' })[0]!,
    ].map(({ stream }) => stream);

    expect(streams[0]).toBe(streams[1]);
    expect(new Set(streams).size).toBe(4);
  });

  it('hold no readable value', () => {
    expect(claimOf('ada').stream).toMatch(/^scim\.acme\.claim-[0-9a-f]{64}$/);
  });

  it('are taken once', async () => {
    await append(await commands.claims.take(claimOf('ada'), 'u1', context()));

    await expect(commands.claims.take(claimOf('Ada'), 'u2', context())).rejects.toMatchObject({
      status: 409,
      scimType: 'uniqueness',
      attribute: 'userName',
    });
  });

  it('are free again once their owner has released them', async () => {
    await append(await commands.claims.take(claimOf('ada'), 'u1', context()));
    await append(...(await commands.claims.release(claimOf('ada'), 'u1')));

    await append(await commands.claims.take(claimOf('ada'), 'u2', context()));

    await expect(commands.claims.take(claimOf('ada'), 'u3', context())).rejects.toMatchObject({
      status: 409,
    });
  });

  it('are released by nobody but their owner, and once', async () => {
    await append(await commands.claims.take(claimOf('ada'), 'u1', context()));

    expect(await commands.claims.release(claimOf('ada'), 'u2')).toEqual([]);
    await append(...(await commands.claims.release(claimOf('ada'), 'u1')));
    expect(await commands.claims.release(claimOf('ada'), 'u1')).toEqual([]);
    expect(await commands.claims.release(claimOf('nobody'), 'u1')).toEqual([]);
  });

  it('are free when they were abandoned', async () => {
    const write = await commands.claims.take(claimOf('ada'), 'u1', context());
    await append(write);
    const { revision, tipHash } = await commands.ledger.log.load(write.stream);
    await append({
      ...write,
      revision,
      tipHash,
      events: [{ type: 'ClaimAbandoned', schemaVersion: 1, data: {} }],
    });

    await expect(commands.claims.take(claimOf('ada'), 'u2', context())).resolves.toMatchObject({
      revision: 1,
    });
  });
});

function claimOf(userName: string): Claim {
  return commands.claims.of(TENANT, userType, { userName })[0]!;
}

function append(...writes: Parameters<Commands['ledger']['log']['append']>[0]) {
  return commands.ledger.log.append(writes, context());
}
