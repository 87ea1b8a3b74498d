// Building every read model anew beside the live ones, and what memory that takes as the log grows.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leftOut, row } from '../report.js';
import { serverEnvironment } from '../servers.js';
import { withServers } from '../workspace.js';

const FEWER = 300_000;
const MORE = 1_000_000;
const MIB = 2 ** 20;
const SPEED = { firm: 25_000, aim: 35_000 };
const CLI = fileURLToPath(new URL('../../bin/scim-ledger.js', import.meta.url));
const GENERATOR = fileURLToPath(new URL('../generate-log.js', import.meta.url));
const run = promisify(execFile);

export const rebuild = {
  name: 'rebuild',
  title: 'all read models anew from 300,000 and 1,000,000 events',
  run: async (workspace) => {
    const fewer = await measured(workspace, workspace.count(FEWER, 3_000));
    const more = await measured(workspace, workspace.count(MORE, 10_000));
    const rows = more.units.map(({ name, eventsPerSecond }) =>
      row('rebuild', `${name}, ${more.events} events`, eventsPerSecond, '/s', SPEED, { fewer, more }),
    );
    rows.push(row('rebuild', 'start without read models to first answer', more.startSeconds, 's'));
    if (more.peakBytes === undefined) return [...rows, leftOut('rebuild', 'memory: needs /proc')];
    const growth = more.peakBytes / fewer.peakBytes;
    return [
      ...rows,
      row('rebuild', 'peak resident memory', more.peakBytes / MIB, 'MiB', { firm: 256, lower: true }),
      row('rebuild', `peak over that with ${fewer.events} events`, growth, '×', { firm: 1.1, lower: true }),
    ];
  },
};

async function measured(workspace, wanted) {
  const directory = workspace.directory();
  const first = await workspace.start('ledger', directory);
  await first.stop();
  const { stdout } = await run(process.execPath, [GENERATOR, directory, String(wanted)]);
  const { events } = JSON.parse(stdout);
  workspace.log(`${events.toLocaleString('en-GB')} events written`);
  rmSync(`${directory}/read-model`, { recursive: true });
  const start = await workspace.start('ledger', directory);
  workspace.log(`read models built at a start in ${(start.readyMs / 1000).toFixed(1)} s`);
  await start.stop();
  const rebuilt = await rebuiltBesideLive(workspace, directory);
  rmSync(directory, { recursive: true });
  return { events, startSeconds: start.readyMs / 1000, ...rebuilt };
}

/** Rebuilds under a running server, whose process does the work and whose peak memory is the answer. */
function rebuiltBesideLive(workspace, directory) {
  return withServers({ ledger: () => workspace.start('ledger', directory) }, async ({ ledger }) => {
    const readyBytes = ledger.rssBytes();
    const { stdout } = await run(process.execPath, [CLI, 'projections', 'rebuild', '--all', '--json'], {
      env: serverEnvironment(directory),
    });
    const units = JSON.parse(stdout).map(({ name, rebuild: { eventsPerSecond } }) => ({
      name,
      eventsPerSecond,
    }));
    for (const { name, eventsPerSecond } of units)
      workspace.log(`${name} rebuilt at ${eventsPerSecond} events/s`);
    return { units, readyBytes, peakBytes: ledger.peakRssBytes() };
  });
}
