// How much of what this machine can make durable is left for SCIM: against bare HTTP with group commit.
import { row } from '../report.js';
import { interleave, medians, peopleOf, ratioSpread } from '../statistics.js';
import { withServers } from '../workspace.js';

const IN_FLIGHT = 64;
const POSTS_PER_ROUND = 4_000;

export const durablePost = {
  name: 'durable-post',
  title: 'durable POST, 64 in flight, against the group-commit and HTTP limits',
  run: (workspace) =>
    withServers(
      {
        ledger: () => workspace.start('ledger'),
        limit: () => workspace.start('groupCommit'),
        fastify: () => workspace.start('fastify'),
      },
      async (servers) => {
        const count = workspace.count(POSTS_PER_ROUND, 256);
        const side = (server) => (round) =>
          workspace.client.run(server, {
            operation: 'create',
            ...peopleOf(round, count),
            inFlight: IN_FLIGHT,
          });
        const results = await interleave(workspace.rounds, {
          ledger: side(servers.ledger),
          limit: side(servers.limit),
          fastify: side(servers.fastify),
        });
        const perSecond = medians(results, 'perSecond');
        const p99Ms = medians(results, 'p99Ms');
        const spread = ratioSpread(results.ledger, results.limit, 'perSecond');
        const detail = { perSecond, p50Ms: medians(results, 'p50Ms'), p99Ms, spread };
        const share = perSecond.ledger / perSecond.limit;
        return [
          row(
            'durable-post',
            'share of the group-commit limit',
            share,
            '×',
            { firm: 0.25, aim: 0.4 },
            detail,
          ),
          row('durable-post', 'p99', p99Ms.ledger, 'ms', { firm: 60, aim: 25, lower: true }),
          row('durable-post', 'creates/s, this server', perSecond.ledger, '/s'),
          row('durable-post', 'creates/s, group-commit limit', perSecond.limit, '/s'),
          row('durable-post', 'echoes/s, bare Fastify', perSecond.fastify, '/s'),
        ];
      },
    ),
};
