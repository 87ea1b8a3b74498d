import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAuditCommands } from './cli/audit.js';
import { CliFailure, EXIT_PROBLEM, EXIT_USAGE } from './cli/failure.js';
import { addProjectionCommands } from './cli/projections.js';
import { addKeyCommands } from './cli/keys.js';
import { addTokenCommands } from './cli/tokens.js';
import { addTransferCommands } from './cli/transfer.js';
import { ConfigError, EXIT_CONFIG } from './config/config.js';
import { DataDirInUse } from './event-store/sqlite/data-dir-lock.js';
import { KeyStoreUnavailable, SecretKeyError } from './keys/errors.js';

const program = new Command('scim-ledger')
  .description('Operates a SCIM Ledger: tokens, audit, projections, moving')
  .version(packageVersion(), '--version', 'print the version')
  .option('--json', 'print data for programs instead of text for people')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });
addTokenCommands(program);
addAuditCommands(program);
addProjectionCommands(program);
addTransferCommands(program);
addKeyCommands(program);

// Without a running server a command opens the data directory itself, and writes there as the server would.
process.umask(0o077);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function packageVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  // npm refuses a package without a version.
  return (JSON.parse(text) as { version: string }).version;
}

function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`scim-ledger: ${text}\n`);
  if (error instanceof CliFailure) return error.exitCode;
  const isSetting = [ConfigError, DataDirInUse, SecretKeyError, KeyStoreUnavailable].some(
    (kind) => error instanceof kind,
  );
  return isSetting ? EXIT_CONFIG : EXIT_PROBLEM;
}
