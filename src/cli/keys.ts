import type { Command } from 'commander';
import { readConfig } from '../config/config.js';
import { exportKeys, importKeys } from '../transfer/key-transfer.js';
import { print } from './output.js';
import { readPassphrase } from './passphrase.js';

interface KeyOptions {
  readonly passphraseFile?: string;
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('the keys that open the event log');
  const passphrase = [
    '--passphrase-file <file>',
    'file whose first line is the passphrase; asked for without it',
  ] as const;
  keys
    .command('export <file>')
    .description('write all keys to a file under a passphrase; do it after exporting the log')
    .option(...passphrase)
    .action(exportCommand);
  keys
    .command('import <file>')
    .description('put exported keys where the settings say; there may be none yet')
    .option(...passphrase)
    .action(importCommand);
}

async function exportCommand(file: string, { passphraseFile }: KeyOptions, command: Command): Promise<void> {
  const config = readConfig(process.env);
  const passphrase = () => readPassphrase({ file: passphraseFile, isNew: true });
  const result = await exportKeys(config, file, passphrase);
  print(command, { file, ...result }, () => `${file}: ${told(result)}`);
}

async function importCommand(file: string, { passphraseFile }: KeyOptions, command: Command): Promise<void> {
  const config = readConfig(process.env);
  const passphrase = () => readPassphrase({ file: passphraseFile, isNew: false });
  const result = await importKeys(config, file, passphrase);
  print(command, { file, ...result }, () => `imported ${told(result)}`);
}

function told({ userKeys, tenantKeys, keyFingerprint }: Awaited<ReturnType<typeof importKeys>>): string {
  return `${userKeys} user keys, ${tenantKeys} tenant ${tenantKeys === 1 ? 'key' : 'keys'}, secret key with fingerprint ${keyFingerprint.slice(0, 16)}…`;
}
