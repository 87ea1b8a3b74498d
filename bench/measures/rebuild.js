// Building every read model anew from the log, and what memory that takes as the log grows.
import { execFile, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leftOut, row } from '../report.js';
import { memory, serverEnvironment } from '../servers.js';

const FEWER = 300_000;
const MORE = 1_000_000;
const MIB = 2 ** 20;
const SAMPLE_EVERY_MS = 20;
const CLI = fileURLToPath(new URL('../../bin/scim-ledger.js', import.meta.url));
const GENERATOR = fileURLToPath(new URL('../generate-log.js', import.meta.url));

export const rebuild = {
  name: 'rebuild',
  title: 'all read models anew from 300,000 and 1,000,000 events',
  run: async (workspace) => {
    const fewer = await measured(workspace, workspace.count(FEWER, 3_000));
    const more = await measured(workspace, workspace.count(MORE, 10_000));
    const detail = { fewer, more };
    const what = `events/s, ${more.events} events`;
    const rows = [row('rebuild', what, more.eventsPerSecond, '/s', { firm: 25_000, aim: 35_000 }, detail)];
    if (more.peakBytes === undefined) return [...rows, leftOut('rebuild', 'memory: needs /proc')];
    return [
      ...rows,
      row('rebuild', 'peak resident memory', more.peakBytes / MIB, 'MiB', { firm: 256, lower: true }),
      row('rebuild', `peak at ${more.events} over ${fewer.events} events`, more.peakBytes / fewer.peakBytes, '×', {
        firm: 1.1,
        lower: true,
      }),
    ];
  },
};

async function measured(workspace, wanted) {
  const directory = workspace.directory();
  const first = await workspace.start('ledger', directory);
  await first.stop();
  const { stdout } = await promisify(execFile)(process.execPath, [GENERATOR, directory, String(wanted)]);
  const { events } = JSON.parse(stdout);
  workspace.log(`${events.toLocaleString('en-GB')} events written`);
  const run = await rebuildAll(directory);
  workspace.log(`rebuilt in ${run.seconds.toFixed(1)} s`);
  rmSync(directory, { recursive: true });
  return { events, ...run, eventsPerSecond: events / run.seconds };
}

/** Runs the command line's rebuild and watches its memory; seconds include the start of the process. */
function rebuildAll(directory) {
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, 'projections', 'rebuild', '--all', '--json'], {
    env: serverEnvironment(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let peakBytes;
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  const sampler = setInterval(() => (peakBytes = memory(child.pid, 'VmHWM') ?? peakBytes), SAMPLE_EVERY_MS);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      clearInterval(sampler);
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, peakBytes });
      else reject(new Error(`projections rebuild ended with code ${code}: ${output}`));
    });
  });
}
