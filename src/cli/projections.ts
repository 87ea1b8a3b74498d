import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { withAdminClient, type AdminClient } from './admin-client.js';
import { CliFailure, EXIT_PROBLEM, EXIT_USAGE } from './failure.js';
import { print, table } from './output.js';
import { Progress } from './progress.js';

interface Rebuild {
  readonly state: 'running' | 'done' | 'failed';
  readonly eventsDone: number;
  readonly eventsTotal: number;
  readonly eventsPerSecond: number;
  readonly etaSeconds?: number;
  readonly error?: string;
}

interface Status {
  readonly name: string;
  readonly generation: number;
  readonly version: number;
  readonly state: string;
  readonly position?: string;
  readonly head?: string;
  readonly error?: string;
  readonly rebuild?: Rebuild;
}

const POLL_MS = 200;
const POSITIONS_WITHIN_MS = 10_000;

export function addProjectionCommands(program: Command): void {
  const projections = program.command('projections').description('the read models');
  projections.command('status').description('state of every projection').action(status);
  projections
    .command('rebuild [name]')
    .description('build a projection anew beside the live one, then switch; the server keeps serving')
    .option('--all', 'every projection')
    .action(rebuild);
}

async function status(_options: unknown, command: Command): Promise<void> {
  const all = await withAdminClient(statusWithPositions);
  print(command, all, () =>
    table(
      ['NAME', 'STATE', 'GENERATION', 'VERSION', 'POSITION', 'HEAD'],
      all.map(({ name, state, generation, version, position = '-', head = '-' }) => [
        name,
        state,
        String(generation),
        String(version),
        position,
        head,
      ]),
    ),
  );
}

async function statusOfAll(client: AdminClient): Promise<readonly Status[]> {
  const { projections } = await client.call<{ projections: readonly Status[] }>('GET', '/projections');
  return projections;
}

// A projection that follows the log in a thread tells its checkpoint once the thread has looked, which a server that
// was opened a moment ago for this very command has not done yet.
async function statusWithPositions(client: AdminClient): Promise<readonly Status[]> {
  const deadline = Date.now() + POSITIONS_WITHIN_MS;
  for (;;) {
    const all = await statusOfAll(client);
    const isToCome = all.some(
      ({ state, position, head }) => state === 'live' && position === undefined && head !== undefined,
    );
    if (!isToCome || Date.now() > deadline) return all;
    await setTimeout(POLL_MS / 10);
  }
}

async function rebuild(
  name: string | undefined,
  { all = false }: { readonly all?: boolean },
  command: Command,
): Promise<void> {
  if ((name === undefined) !== all) {
    throw new CliFailure(EXIT_USAGE, 'name one projection, or give --all');
  }
  const done = await withAdminClient(async (client) => {
    const names = name === undefined ? (await statusOfAll(client)).map((unit) => unit.name) : [name];
    const rebuilt: Status[] = [];
    for (const unit of names) rebuilt.push(await rebuildOne(client, unit));
    return rebuilt;
  });
  print(command, done, () =>
    done.map(({ name: unit, generation }) => `${unit}: generation ${generation} is live`).join('\n'),
  );
}

async function rebuildOne(client: AdminClient, name: string): Promise<Status> {
  const path = `/projections/${encodeURIComponent(name)}`;
  const progress = new Progress(process.stderr);
  let current = await client.call<Status>('POST', `${path}/rebuild`);
  while (current.rebuild?.state === 'running') {
    progress.show(progressOf(name, current.rebuild));
    await setTimeout(POLL_MS);
    current = await client.call<Status>('GET', path);
  }
  if (current.rebuild) progress.show(progressOf(name, current.rebuild));
  progress.end();
  if (current.rebuild?.state === 'failed') {
    throw new CliFailure(EXIT_PROBLEM, `${name}: ${current.rebuild.error ?? 'the rebuild failed'}`);
  }
  return current;
}

function progressOf(name: string, { eventsDone, eventsTotal, eventsPerSecond, etaSeconds }: Rebuild): string {
  const share = eventsTotal === 0 ? 100 : Math.min(100, Math.floor((100 * eventsDone) / eventsTotal));
  const eta = etaSeconds === undefined ? '' : `, ${etaSeconds} s to go`;
  return `${name}: ${eventsDone} of ${eventsTotal} events (${share} %), ${eventsPerSecond} events/s${eta}`;
}
