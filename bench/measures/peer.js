// What Entra does most, against a peer server: scimmy with its express routers over SQLite.
import { row } from '../report.js';
import { interleave, medians, peopleOf, ratioSpread } from '../statistics.js';
import { withServers } from '../workspace.js';

const IN_FLIGHT = 8;
const USERS = 10_000;
const PATCHED_USERS = 1_000;
const PATCHES_PER_ROUND = 2_000;

const sides = (workspace) => ({
  ledger: () => workspace.start('ledger'),
  peer: () => workspace.start('peer'),
});

function comparison(name, what, results, target) {
  const perSecond = medians(results, 'perSecond');
  return row(name, what, perSecond.ledger / perSecond.peer, '×', target, {
    perSecond,
    p50Ms: medians(results, 'p50Ms'),
    p99Ms: medians(results, 'p99Ms'),
    spread: ratioSpread(results.ledger, results.peer, 'perSecond'),
  });
}

export const initialCycle = {
  name: 'initial-cycle',
  title: 'lookup by userName, then create, 8 in flight, against the peer',
  run: (workspace) =>
    withServers(sides(workspace), async (servers) => {
      const count = Math.ceil(workspace.count(USERS) / workspace.rounds);
      const side = (server) => (round) =>
        workspace.client.run(server, {
          operation: 'initialCycle',
          ...peopleOf(round, count),
          inFlight: IN_FLIGHT,
        });
      const results = await interleave(workspace.rounds, {
        ledger: side(servers.ledger),
        peer: side(servers.peer),
      });
      const { ledger, peer } = medians(results, 'perSecond');
      return [
        comparison('initial-cycle', 'users/s over the peer', results, { firm: 2.5, aim: 4 }),
        row('initial-cycle', 'users/s, this server', ledger, '/s'),
        row('initial-cycle', 'users/s, the peer', peer, '/s'),
      ];
    }),
};

export const patchThree = {
  name: 'patch-three',
  title: 'PATCH of three operations in the legacy dialect, 8 in flight, against the peer',
  run: (workspace) =>
    withServers(sides(workspace), async (servers) => {
      const users = workspace.count(PATCHED_USERS, 100);
      const count = workspace.count(PATCHES_PER_ROUND, 100);
      const side = async (server) => {
        const job = { operation: 'create', count: users, inFlight: IN_FLIGHT, wantsIds: true };
        const { ids } = await workspace.client.run(server, job);
        // Entra addresses each user once a cycle: a user's next PATCH comes a whole pass later, with other values.
        return (round) =>
          workspace.client.run(server, {
            operation: 'patch',
            ...peopleOf(round, count),
            round,
            ids,
            inFlight: IN_FLIGHT,
          });
      };
      const measured = { ledger: await side(servers.ledger), peer: await side(servers.peer) };
      const results = await interleave(workspace.rounds, measured);
      const { ledger, peer } = medians(results, 'perSecond');
      return [
        comparison('patch-three', 'PATCH/s over the peer', results, { firm: 5, aim: 8 }),
        row('patch-three', 'PATCH/s, this server', ledger, '/s'),
        row('patch-three', 'PATCH/s, the peer', peer, '/s'),
      ];
    }),
};
