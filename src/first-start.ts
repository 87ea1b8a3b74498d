import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IssueToken, RegisterTenant, RevokeToken } from './commands/tenant-commands.js';
import type { Config } from './config/config.js';
import type { CommandContext } from './event-store/envelope/command-context.js';
import { RevisionConflict } from './event-store/errors.js';
import { SYSTEM_ACTOR } from './ledger/ledger.js';
import { DirectoryReader } from './projections/directory/directory.reader.js';
import type { Token } from './projections/directory/tokens/tokens.projection.js';
import { TenantRefusal } from './tenants/decide.js';
import { expiryAfter, hashToken, newSecretToken, TOKEN_LIFETIME_DAYS } from './tenants/secret-token.js';

/** The tenant that exists from the first start on. */
export const DEFAULT_TENANT = 'default';

/**
 * Makes the default tenant and its first token when they are not there, and lets a configured token in.
 * @returns the secret token when one was made: it is shown once and stored nowhere
 */
export async function firstStart(app: INestApplicationContext, config: Config): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(app, config);
    } catch (error) {
      // Processes that start together do the same: one registers the tenant, the others find it a moment later.
      const isTaken = error instanceof RevisionConflict || error instanceof TenantRefusal;
      if (!isTaken || attempt === ATTEMPTS) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}

const ATTEMPTS = 20;
const PAUSE_MS = 250;

async function startOnce(app: INestApplicationContext, config: Config): Promise<string | undefined> {
  const commands = app.get(CommandBus);
  const directory = app.get(DirectoryReader);
  const issue = async (token: NewToken): Promise<void> => {
    // In one commit: a start that ends in between must not leave a tenant that nobody has a token for.
    const isFirst = (await directory.tenant(DEFAULT_TENANT)) === undefined;
    const command = isFirst
      ? new RegisterTenant(systemContext(), config.defaultTenantProfile, token)
      : new IssueToken(systemContext(), token);
    await commands.execute(command);
  };
  const tokens = await directory.tokens(DEFAULT_TENANT);
  if (config.scimToken !== undefined) {
    const hash = hashToken(config.scimToken);
    for (const former of formerly(tokens, hash)) {
      await commands.execute(new RevokeToken(systemContext(), former.id));
    }
    const isIn = tokens.some((token) => token.hash === hash && token.revokedAt === null);
    if (!isIn) await issue({ tokenId: randomUUID(), name: CONFIGURED, hash });
    return undefined;
  }
  if (tokens.length > 0) return undefined;
  const secret = newSecretToken();
  const expiresAt = expiryAfter(TOKEN_LIFETIME_DAYS);
  await issue({ tokenId: randomUUID(), name: 'first token', hash: hashToken(secret), expiresAt });
  return secret;
}

type NewToken = IssueToken['token'];

const CONFIGURED = 'SCIM_TOKEN';

/** Tokens that were configured before another one was. */
function formerly(tokens: readonly Token[], hash: string): readonly Token[] {
  return tokens.filter(
    (token) => token.name === CONFIGURED && token.revokedAt === null && token.hash !== hash,
  );
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
