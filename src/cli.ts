import { Command, CommanderError } from 'commander';
import { addAuditCommands } from './cli/audit.js';
import { CliFailure, EXIT_USAGE } from './cli/failure.js';
import { addProjectionCommands } from './cli/projections.js';
import { addTokenCommands } from './cli/tokens.js';
import { ConfigError, EXIT_CONFIG } from './config/config.js';

const program = new Command('scim-ledger')
  .description('Operates a SCIM Ledger: tokens, audit, projections')
  .option('--json', 'print data for programs instead of text for people')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });
addTokenCommands(program);
addAuditCommands(program);
addProjectionCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`scim-ledger: ${text}\n`);
  if (error instanceof CliFailure) return error.exitCode;
  return error instanceof ConfigError ? EXIT_CONFIG : 1;
}
