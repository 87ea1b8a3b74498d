// Commands that carry a ledger from one store to another. They open the stores themselves: a log is too much for the
// admin API, and a store that is to be filled has no server.
import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { readConfig } from '../config/config.js';
import { exportLog } from '../transfer/export-log.js';
import { importLog } from '../transfer/import-log.js';
import { print } from './output.js';
import { Progress } from './progress.js';

const SHOWN_EVERY_MS = 500;

export function addTransferCommands(program: Command): void {
  program
    .command('export')
    .description('write the whole event log as lines of JSON; a running server goes on')
    .option('--output <file>', 'file to write; standard output without it')
    .action(exportCommand);
  program
    .command('import <file>')
    .description('put an exported event log into an empty store; no server may run on it')
    .action(importCommand);
}

async function exportCommand({ output }: { readonly output?: string }, command: Command): Promise<void> {
  const shown = new Counter();
  const { events, sha256 } = await exportLog(
    readConfig(process.env),
    output ?? process.stdout,
    ({ events: count, total }) => shown.reached('exported', count, total),
  ).finally(() => shown.end());
  // What goes to standard output is the log and nothing else.
  if (output === undefined) return;
  print(command, { file: output, events, sha256 }, () => `${output}: ${events} events, SHA-256 ${sha256}`);
}

async function importCommand(file: string, _options: unknown, command: Command): Promise<void> {
  const shown = new Counter();
  const result = await importLog(readConfig(process.env), file, ({ step, events, total }) =>
    shown.reached(step, events, total),
  ).finally(() => shown.end());
  const { events, alreadyThere } = result;
  print(command, { file, ...result }, () =>
    alreadyThere === 0
      ? `${events} events imported`
      : `${events - alreadyThere} events imported, ${alreadyThere} were there already`,
  );
}

/** Tells now and then how many events are done, and at the end of each step. */
class Counter {
  readonly #progress = new Progress(process.stderr);
  #shownAt = performance.now();
  #step = '';
  #text = '';

  reached(step: string, count: number, total?: number): void {
    if (step !== this.#step) this.end();
    this.#step = step;
    const now = performance.now();
    const isDue = now - this.#shownAt >= SHOWN_EVERY_MS;
    this.#text = `${count}${total === undefined ? '' : ` of ${total}`} events ${step}`;
    if (!isDue) return;
    this.#shownAt = now;
    this.#progress.show(this.#text);
  }

  end(): void {
    if (this.#text !== '') this.#progress.show(this.#text);
    this.#progress.end();
    this.#text = '';
  }
}
