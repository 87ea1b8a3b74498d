// A page far into a list must cost about what the first one does.
import { row } from '../report.js';
import { interleave, medians, ratioSpread } from '../statistics.js';
import { withServers } from '../workspace.js';
import { directoryOfUsers } from './directory.js';

const USERS = 100_000;
const PAGE = 100;
const PAGES_PER_ROUND = 40;

export const deepPage = {
  name: 'deep-page',
  title: 'the page at 90 % of 100,000 users against the first',
  run: async (workspace) => {
    const { directory, count } = await directoryOfUsers(workspace, workspace.count(USERS, 2_000));
    return withServers({ ledger: () => workspace.start('ledger', directory) }, async ({ ledger }) => {
      const page = (startIndex) => {
        const path = `/Users?startIndex=${startIndex}&count=${PAGE}`;
        const requests = [{ method: 'GET', path, status: 200, contains: `"itemsPerPage":${PAGE}` }];
        return () => workspace.client.run(ledger, { operation: 'request', requests, count: PAGES_PER_ROUND });
      };
      const startIndex = Math.round(count * 0.9) + 1;
      const results = await interleave(workspace.rounds, { deep: page(startIndex), first: page(1) });
      const p50Ms = medians(results, 'p50Ms');
      const detail = { p50Ms, spread: ratioSpread(results.deep, results.first, 'p50Ms') };
      const what = `startIndex ${startIndex} over 1, count ${PAGE}`;
      return [
        row('deep-page', what, p50Ms.deep / p50Ms.first, '×', { firm: 3, lower: true }, detail),
        row('deep-page', 'the first page', p50Ms.first, 'ms'),
      ];
    });
  },
};
