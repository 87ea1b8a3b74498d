// Commands that carry a ledger from one store to another. They open the stores themselves: a log is too much for the
// admin API, and a store that is to be filled has no server.
import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { readConfig } from '../config/config.js';
import { importLog } from '../transfer/import-log.js';
import { logFileLines, type CarriedEvent, type LogFileSummary } from '../transfer/log-file.js';
import { openLogSource, type LogSource } from '../transfer/log-source.js';
import { writeFileOfLines, writeLines } from '../transfer/lines.js';
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
  const source = await openLogSource(readConfig(process.env));
  try {
    const { lines, summary } = withSummary(source);
    if (output === undefined) await writeLines(lines, process.stdout);
    else {
      await writeFileOfLines(lines, output);
      const { events, sha256 } = summary();
      print(
        command,
        { file: output, events, sha256 },
        () => `${output}: ${events} events, SHA-256 ${sha256}`,
      );
    }
  } finally {
    await source.close();
  }
}

function withSummary(source: LogSource) {
  let found: LogFileSummary = { events: 0, sha256: '' };
  const shown = new Counter('exported', source.count);
  async function* counted(): AsyncGenerator<CarriedEvent> {
    let count = 0;
    for await (const event of source.events()) {
      shown.reached((count += 1));
      yield event;
    }
    shown.end();
  }
  async function* lines(): AsyncGenerator<string> {
    found = yield* logFileLines(source.keyFingerprint, counted());
  }
  return { lines: lines(), summary: () => found };
}

async function importCommand(file: string, _options: unknown, command: Command): Promise<void> {
  const verified = new Counter('verified');
  let imported: Counter | undefined;
  const result = await importLog(readConfig(process.env), file, ({ step, events, total }) => {
    if (step === 'verified') return verified.reached(events);
    if (!imported) verified.end();
    imported ??= new Counter('imported', total);
    imported.reached(events);
  }).finally(() => (imported ?? verified).end());
  const { events, alreadyThere } = result;
  print(command, { file, ...result }, () =>
    alreadyThere === 0
      ? `${events} events imported`
      : `${events - alreadyThere} events imported, ${alreadyThere} were there already`,
  );
}

/** Tells now and then how many events are done. */
class Counter {
  readonly #progress = new Progress(process.stderr);
  #count = 0;
  #shownAt = performance.now();

  constructor(
    private readonly done: string,
    private readonly total?: number | undefined,
  ) {}

  reached(count: number): void {
    this.#count = count;
    const now = performance.now();
    if (now - this.#shownAt < SHOWN_EVERY_MS) return;
    this.#shownAt = now;
    this.#show();
  }

  end(): void {
    if (this.#count > 0) this.#show();
    this.#progress.end();
  }

  #show(): void {
    const of = this.total === undefined ? '' : ` of ${this.total}`;
    this.#progress.show(`${this.#count}${of} events ${this.done}`);
  }
}
