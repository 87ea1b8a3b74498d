// A server with two tenants. The default one is made by the first start; the second is written into the event
// log before it, because no client of the server may create tenants.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

import {
  IssueToken,
  IssueTokenHandler,
  RegisterTenant,
  RegisterTenantHandler,
} from '../../src/commands/tenant-commands.js';
import { readConfig } from '../../src/config/config.js';
import { openEmbeddedLedger } from '../../src/ledger/embedded.js';
import { SYSTEM_ACTOR } from '../../src/ledger/ledger.js';
import { hashToken } from '../../src/tenants/secret-token.js';
import { startApp, type App } from '../support/app.js';

export interface TwoTenants {
  readonly app: App;
  /** Value of the `Authorization` header of the second tenant. */
  readonly authorization: string;
  /** The same of a token of that tenant whose time is over. */
  readonly expiredAuthorization: string;
  stop(): Promise<void>;
}

export async function startWithSecondTenant(slug: string): Promise<TwoTenants> {
  const dataDir = await mkdtemp(join(tmpdir(), 'scim-ledger-test-'));
  const [secret, expired] = [newSecret(), newSecret()];
  await addTenant(dataDir, slug, [
    { name: 'second tenant', hash: hashToken(secret) },
    { name: 'expired', hash: hashToken(expired), expiresAt: '2026-01-01T00:00:00.000Z' },
  ]);
  const app = await startApp({ dataDir, stores: 'sqlite' });
  return {
    app,
    authorization: `Bearer ${secret}`,
    expiredAuthorization: `Bearer ${expired}`,
    stop: async () => {
      await app.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const newSecret = (): string => randomBytes(32).toString('base64url');

type NewToken = Omit<IssueToken['token'], 'tokenId'>;

async function addTenant(dataDir: string, slug: string, tokens: readonly NewToken[]): Promise<void> {
  const ledger = await openEmbeddedLedger(readConfig({ DATA_DIR: dataDir }), pino({ level: 'silent' }));
  const context = (): RegisterTenant['context'] => ({
    commandId: randomUUID(),
    correlationId: randomUUID(),
    tenant: slug,
    actor: SYSTEM_ACTOR,
    occurredAt: new Date().toISOString(),
  });
  await new RegisterTenantHandler(ledger.log).execute(new RegisterTenant(context(), 'default'));
  for (const token of tokens) {
    const command = new IssueToken(context(), { tokenId: randomUUID(), ...token });
    await new IssueTokenHandler(ledger.log).execute(command);
  }
  await ledger.close();
}
