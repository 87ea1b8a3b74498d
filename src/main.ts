import { EXIT_CONFIG, ConfigError } from './config/config.js';
import { DataDirInUse } from './event-store/sqlite/data-dir-lock.js';
import { KeyStoreUnavailable, SecretKeyError } from './keys/errors.js';
import { createServer, type Server } from './server.js';

const SHOWN_BEFORE = '(shown once, at the first start; `npx scim-ledger tokens issue` makes another)';

function announce({ tenantUrl, secretToken, expiringTokens }: Server): void {
  const secret = secretToken ?? (process.env['SCIM_TOKEN'] ? '(the value of SCIM_TOKEN)' : SHOWN_BEFORE);
  const warnings = expiringTokens.map(
    ({ name, expiresAt, daysLeft }) =>
      `  Warning:       token "${name}" expires in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} (${expiresAt}); issue another in time\n`,
  );
  process.stdout.write(
    `\n  Tenant URL:    ${tenantUrl}\n  Secret Token:  ${secret}\n${warnings.join('')}\nready\n`,
  );
}

function stopOn(server: Server, signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    process.once(signal, () => {
      server.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    });
  }
}

const SETTINGS = [ConfigError, DataDirInUse, SecretKeyError, KeyStoreUnavailable];

function fail(error: unknown): never {
  const isSetting = SETTINGS.some((type) => error instanceof type);
  const text =
    error instanceof Error ? (isSetting ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`scim-ledger: ${text}\n`);
  process.exit(isSetting ? EXIT_CONFIG : 1);
}

// Whatever the process writes is its owner's alone: events, keys, read models and their journals.
process.umask(0o077);
try {
  const server = await createServer(process.env);
  // Whoever reads "ready" may stop the server at once.
  stopOn(server, ['SIGINT', 'SIGTERM']);
  announce(server);
} catch (error) {
  fail(error);
}
