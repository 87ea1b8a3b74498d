import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IssueToken, RegisterTenant, RevokeToken } from './commands/tenant-commands.js';
import type { Config } from './config/config.js';
import type { CommandContext } from './event-store/envelope/command-context.js';
import { SYSTEM_ACTOR } from './ledger.js';
import { DirectoryReader } from './projections/directory/directory.reader.js';
import { expiryAfter, hashToken, newSecretToken, TOKEN_LIFETIME_DAYS } from './tenants/secret-token.js';

/** The tenant that exists from the first start on. */
export const DEFAULT_TENANT = 'default';

/**
 * Makes the default tenant and its first token when they are not there, and lets a configured token in.
 * @returns the secret token when one was made: it is shown once and stored nowhere
 */
export async function firstStart(app: INestApplicationContext, config: Config): Promise<string | undefined> {
  const commands = app.get(CommandBus);
  const directory = app.get(DirectoryReader);
  const isFirst = (await directory.tenant(DEFAULT_TENANT)) === undefined;
  if (isFirst) await commands.execute(new RegisterTenant(systemContext(), config.defaultTenantProfile));
  if (config.scimToken !== undefined) {
    await letIn(commands, directory, hashToken(config.scimToken));
    return undefined;
  }
  // Asked of the tokens, not of the tenant: a start may have ended between the two.
  if ((await directory.tokens(DEFAULT_TENANT)).length > 0) return undefined;
  const secret = newSecretToken();
  const token = {
    tokenId: randomUUID(),
    name: 'first token',
    hash: hashToken(secret),
    expiresAt: expiryAfter(TOKEN_LIFETIME_DAYS),
  };
  await commands.execute(new IssueToken(systemContext(), token));
  return secret;
}

const CONFIGURED = 'SCIM_TOKEN';

/** Makes the configured token valid; one that was configured before is so no longer. */
async function letIn(commands: CommandBus, directory: DirectoryReader, hash: string): Promise<void> {
  const tokens = await directory.tokens(DEFAULT_TENANT);
  const configured = tokens.filter(({ name, revokedAt }) => name === CONFIGURED && revokedAt === null);
  for (const former of configured.filter((token) => token.hash !== hash)) {
    await commands.execute(new RevokeToken(systemContext(), former.id));
  }
  if (tokens.some((token) => token.hash === hash && token.revokedAt === null)) return;
  await commands.execute(new IssueToken(systemContext(), { tokenId: randomUUID(), name: CONFIGURED, hash }));
}

function systemContext(): CommandContext {
  const commandId = randomUUID();
  return {
    commandId,
    correlationId: commandId,
    tenant: DEFAULT_TENANT,
    actor: SYSTEM_ACTOR,
    occurredAt: new Date().toISOString(),
  };
}
