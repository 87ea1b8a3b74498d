import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import {
  IssueToken,
  IssueTokenHandler,
  RegisterTenant,
  RegisterTenantHandler,
  RevokeToken,
  RevokeTokenHandler,
} from './tenant-commands.js';

const TOKEN = { tokenId: 't1', name: 'Entra', hash: 'ab'.repeat(32) };

let commands: Commands;

beforeEach(async () => {
  commands = await openCommands();
});

afterEach(() => commands.close());

describe('registering a tenant', () => {
  const register = (tenant: string) =>
    new RegisterTenantHandler(commands.ledger.log).execute(new RegisterTenant(context(tenant), 'strict'));

  it('is one event in the tenant’s own stream', async () => {
    expect(await commands.appendedBy(() => register(TENANT))).toMatchObject([
      {
        type: 'TenantRegistered',
        stream: 'scim.acme.tenant-config',
        data: { slug: TENANT, profile: 'strict' },
      },
    ]);
  });

  it('commits the first token with the tenant: both or neither', async () => {
    const command = new RegisterTenant(context(TENANT), 'default', TOKEN);
    const registered = () => new RegisterTenantHandler(commands.ledger.log).execute(command);

    const events = await commands.appendedBy(registered);

    expect(events).toMatchObject([
      { type: 'TenantRegistered', stream: 'scim.acme.tenant-config' },
      { type: 'TokenIssued', stream: 'scim.acme.token-t1', data: TOKEN },
    ]);
    expect(new Set(events.map(({ metadata }) => metadata.commandId)).size).toBe(1);
  });

  it('leaves no tenant behind when its first token cannot be issued', async () => {
    await new IssueTokenHandler(commands.ledger.log).execute(new IssueToken(context(), TOKEN));
    const command = new RegisterTenant(context(TENANT), 'default', TOKEN);

    const events = await commands.appendedBy(() =>
      expect(new RegisterTenantHandler(commands.ledger.log).execute(command)).rejects.toThrow(),
    );

    expect(events).toEqual([]);
  });

  it('is refused the second time, and appends nothing', async () => {
    await register(TENANT);

    const events = await commands.appendedBy(() =>
      expect(register(TENANT)).rejects.toThrow('exists already'),
    );

    expect(events).toEqual([]);
  });
});

describe('tokens', () => {
  const issue = () => new IssueTokenHandler(commands.ledger.log).execute(new IssueToken(context(), TOKEN));
  const revoke = (tokenId: string) =>
    new RevokeTokenHandler(commands.ledger.log).execute(new RevokeToken(context(), tokenId));

  it('are issued by their hash', async () => {
    expect(await commands.appendedBy(issue)).toMatchObject([{ type: 'TokenIssued', data: TOKEN }]);
  });

  it('are revoked once: the second time changes nothing', async () => {
    await issue();

    expect(await commands.appendedBy(() => revoke('t1'))).toMatchObject([
      { type: 'TokenRevoked', stream: 'scim.acme.token-t1', revision: 1 },
    ]);
    expect(await commands.appendedBy(() => revoke('t1'))).toEqual([]);
  });

  it('cannot be revoked when there is none', async () => {
    await expect(revoke('t2')).rejects.toThrow("no token 't2'");
  });
});
