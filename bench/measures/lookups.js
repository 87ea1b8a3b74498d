// Looking a user up must not become slower with the directory: 100,000 users against 1,000.
import { externalId, lookup, userName } from '../fixtures.js';
import { row } from '../report.js';
import { interleave, medians, ratioSpread, WARM_UP_OPERATIONS } from '../statistics.js';
import { withServers } from '../workspace.js';
import { directoryOfUsers, places } from './directory.js';

const MANY = 100_000;
const FEW = 1_000;
const LOOKUPS_PER_ROUND = 400;
const ATTRIBUTES = {
  userName: (number) => lookup('userName', userName('user', number)),
  externalId: (number) => lookup('externalId', externalId('user', number)),
  'emails[type eq "work"].value': (number) =>
    lookup('emails[type eq "work"].value', userName('user', number)),
};

export const lookups = {
  name: 'lookups',
  title: 'lookup by an attribute among 100,000 users against 1,000',
  run: async (workspace) => {
    const many = await directoryOfUsers(workspace, workspace.count(MANY, 2 * FEW));
    const few = await directoryOfUsers(workspace, FEW);
    const starts = {
      many: () => workspace.start('ledger', many.directory),
      few: () => workspace.start('ledger', few.directory),
    };
    return withServers(starts, async (servers) => {
      const rows = [];
      for (const [attribute, path] of Object.entries(ATTRIBUTES)) {
        const side = (server, directory) => {
          const requests = places(directory.count, LOOKUPS_PER_ROUND).map((number) => ({
            method: 'GET',
            path: path(number),
            status: 200,
            contains: '"totalResults":1,',
          }));
          return (round) => {
            const count = round < 0 ? WARM_UP_OPERATIONS : requests.length;
            return workspace.client.run(server, { operation: 'request', requests, count });
          };
        };
        const sides = { many: side(servers.many, many), few: side(servers.few, few) };
        const results = await interleave(workspace.rounds, sides);
        const p50Ms = medians(results, 'p50Ms');
        const detail = { p50Ms, spread: ratioSpread(results.many, results.few, 'p50Ms') };
        const what = `${attribute}, ${many.count} users over ${few.count}`;
        rows.push(row('lookups', what, p50Ms.many / p50Ms.few, '×', { firm: 1.5, lower: true }, detail));
      }
      return rows;
    });
  },
};
