// How soon, and with how much memory, a directory of 100,000 users answers after a start.
import { leftOut, row } from '../report.js';
import { median } from '../statistics.js';
import { directoryOfUsers } from './directory.js';

const USERS = 100_000;
const MIB = 2 ** 20;

export const ready = {
  name: 'ready',
  title: 'start with 100,000 users on disk',
  run: async (workspace) => {
    const { directory, count } = await directoryOfUsers(workspace, workspace.count(USERS, 1_000));
    const starts = [];
    for (let round = -1; round < workspace.rounds; round++) {
      const server = await workspace.start('ledger', directory);
      if (round >= 0) starts.push({ seconds: server.readyMs / 1000, rssBytes: server.rssBytes() });
      await server.stop();
    }
    const seconds = median(starts.map((start) => start.seconds));
    const target = { firm: 1.2, lower: true };
    const rows = [row('ready', `first answer with ${count} users`, seconds, 's', target, { starts })];
    if (starts[0].rssBytes === undefined) return [...rows, leftOut('ready', 'memory: needs /proc')];
    const mebibytes = median(starts.map((start) => start.rssBytes)) / MIB;
    return [
      ...rows,
      row('ready', 'resident memory when ready', mebibytes, 'MiB', { firm: 250, lower: true }),
    ];
  },
};
