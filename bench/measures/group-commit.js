// What group commit brings where a sync is slow: this server with it and without it (GROUP_COMMIT=off).
import { leftOut, row } from '../report.js';
import { slowSync } from '../shims/slow-sync.js';
import { interleave, medians, peopleOf, ratioSpread } from '../statistics.js';
import { withServers } from '../workspace.js';

const SLOWER_BY_US = 2_000;
const POSTS_PER_ROUND = 1_000;
const TARGETS = [
  { inFlight: 8, firm: 4, aim: 5 },
  { inFlight: 64, firm: 8, aim: 12 },
];

export const groupCommit = {
  name: 'group-commit',
  title: 'group commit against one transaction a request, with syncs 2 ms slower',
  run: async (workspace) => {
    const { env, reason } = slowSync(workspace.directory(), SLOWER_BY_US);
    if (env === undefined) return [leftOut('group-commit', reason)];
    const starts = {
      on: () => workspace.start('ledger', workspace.directory(), env),
      off: () => workspace.start('ledger', workspace.directory(), { ...env, GROUP_COMMIT: 'off' }),
    };
    return withServers(starts, async (servers) => {
      const rows = [];
      for (const { inFlight, firm, aim } of TARGETS) {
        const results = await rounds(workspace, servers, inFlight);
        const perSecond = medians(results, 'perSecond');
        const detail = { perSecond, spread: ratioSpread(results.on, results.off, 'perSecond') };
        const what = `creates/s over one transaction each, ${inFlight} in flight`;
        rows.push(row('group-commit', what, perSecond.on / perSecond.off, '×', { firm, aim }, detail));
      }
      return rows;
    });
  },
};

function rounds(workspace, servers, inFlight) {
  const count = workspace.count(POSTS_PER_ROUND, 4 * inFlight);
  const prefix = `in-flight-${inFlight}`;
  const side = (server) => (round) =>
    workspace.client.run(server, { operation: 'create', ...peopleOf(round, count, prefix), inFlight });
  return interleave(workspace.rounds, { on: side(servers.on), off: side(servers.off) });
}
