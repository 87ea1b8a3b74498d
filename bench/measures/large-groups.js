// A change to a group must cost what the change is worth, not what the group holds.
import { randomUUID } from 'node:crypto';
import { group, memberChange } from '../fixtures.js';
import { row } from '../report.js';
import { interleave, medians, ratioSpread } from '../statistics.js';
import { withServers } from '../workspace.js';
import { createUsers, directoryOfUsers } from './directory.js';

const MEMBERS = 100_000;
const SPARE = 200;
const ADDED_AT_ONCE = 100;
const FILL_STEP = 2_000;
const PER_ROUND = 40;

export const largeGroups = {
  name: 'large-groups',
  title: 'groups of 100,000 and 50,000 members against small ones',
  run: async (workspace) => {
    const users = await directoryOfUsers(workspace, workspace.count(MEMBERS, 2_000));
    const directory = workspace.copyOf(users.directory);
    return withServers({ ledger: () => workspace.start('ledger', directory) }, async ({ ledger }) => {
      const spare = await createUsers(workspace, ledger, SPARE, 'spare');
      const bench = { workspace, server: ledger, ids: users.ids, spare };
      const all = await filledGroup(bench, users.count);
      return [
        await readWithoutMembers(bench, all, await filledGroup(bench, 0)),
        await addMany(bench, all, await filledGroup(bench, users.count / 100)),
        ...(await changeOne(bench, await filledGroup(bench, users.count / 2), await filledGroup(bench, 100))),
      ];
    });
  },
};

async function filledGroup({ workspace, server, ids }, size) {
  const create = { method: 'POST', path: '/Groups', body: group(`Group ${randomUUID()}`), status: 201 };
  const created = await workspace.client.run(server, {
    operation: 'request',
    requests: [create],
    count: 1,
    wantsIds: true,
  });
  const path = `/Groups/${created.ids[0]}`;
  const requests = [];
  for (let from = 0; from < size; from += FILL_STEP) {
    const body = memberChange('Add', ids.slice(from, Math.min(from + FILL_STEP, size)));
    requests.push({ method: 'PATCH', path, body, status: 204 });
  }
  if (requests.length > 0) {
    const filled = await workspace.client.run(server, {
      operation: 'request',
      requests,
      count: requests.length,
    });
    workspace.log(`a group of ${size} members filled in ${(filled.elapsedMs / 1000).toFixed(1)} s`);
  }
  return { path, size };
}

/** Rounds of the same requests against two groups, and the ratio of their medians. */
async function ratio({ workspace, server }, what, requestsOf, { large, small }, target) {
  const side = (of) => () => {
    const requests = requestsOf(of);
    return workspace.client.run(server, { operation: 'request', requests, count: requests.length });
  };
  const results = await interleave(workspace.rounds, { large: side(large), small: side(small) });
  const p50Ms = medians(results, 'p50Ms');
  const detail = { p50Ms, spread: ratioSpread(results.large, results.small, 'p50Ms') };
  return row('large-groups', what, p50Ms.large / p50Ms.small, '×', { firm: target, lower: true }, detail);
}

function readWithoutMembers(bench, large, small) {
  const requestsOf = ({ path }) =>
    Array.from({ length: PER_ROUND * 5 }, () => ({
      method: 'GET',
      path: `${path}?excludedAttributes=members`,
      status: 200,
    }));
  const what = `GET without members, ${large.size} members over none`;
  return ratio(bench, what, requestsOf, { large, small }, 1.5);
}

/** Adds and, unmeasured, removes again, so that every addition meets a group of the same size. */
async function addMany(bench, large, small) {
  const { workspace, server, spare } = bench;
  const members = spare.slice(0, ADDED_AT_ONCE);
  const side =
    ({ path }) =>
    async () => {
      const send = (op) => {
        const requests = [{ method: 'PATCH', path, body: memberChange(op, members), status: 204 }];
        return workspace.client.run(server, { operation: 'request', requests, count: 1 });
      };
      const times = [];
      for (let repetition = 0; repetition < PER_ROUND; repetition++) {
        times.push((await send('Add')).p50Ms);
        await send('Remove');
      }
      return { p50Ms: times.toSorted((a, b) => a - b)[times.length >> 1] };
    };
  const results = await interleave(workspace.rounds, { large: side(large), small: side(small) });
  const p50Ms = medians(results, 'p50Ms');
  const detail = { p50Ms, spread: ratioSpread(results.large, results.small, 'p50Ms') };
  const what = `add ${ADDED_AT_ONCE} members, at ${large.size} over ${small.size}`;
  return row('large-groups', what, p50Ms.large / p50Ms.small, '×', { firm: 6, lower: true }, detail);
}

async function changeOne(bench, large, small) {
  const { workspace, server, spare } = bench;
  // The same person is added and removed in turns: one list of additions, one of removals, each a change.
  const people = spare.slice(0, PER_ROUND);
  const rows = { Add: { large: [], small: [] }, Remove: { large: [], small: [] } };
  const turn =
    (size, { path }) =>
    async (round) => {
      for (const op of ['Add', 'Remove']) {
        const requests = people.map((id) => ({
          method: 'PATCH',
          path,
          body: memberChange(op, [id]),
          status: 204,
        }));
        const result = await workspace.client.run(server, {
          operation: 'request',
          requests,
          count: requests.length,
        });
        if (round >= 0) rows[op][size].push(result);
      }
    };
  await interleave(workspace.rounds, { large: turn('large', large), small: turn('small', small) });
  return Object.entries(rows).map(([op, results]) => {
    const p50Ms = medians(results, 'p50Ms');
    const detail = { p50Ms, spread: ratioSpread(results.large, results.small, 'p50Ms') };
    const what = `${op.toLowerCase()} one member, at ${large.size} over ${small.size}`;
    return row('large-groups', what, p50Ms.large / p50Ms.small, '×', { firm: 1.5, lower: true }, detail);
  });
}
