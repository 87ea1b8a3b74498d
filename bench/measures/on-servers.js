// What the wire costs: EventStoreDB (its double) and PostgreSQL beside the embedded stores, in the same run.
import { randomUUID } from 'node:crypto';
import { startStores } from '../event-store-double.js';
import { leftOut, row } from '../report.js';
import { interleave, median, medians, peopleOf, WARM_UP_OPERATIONS } from '../statistics.js';
import { withServers } from '../workspace.js';
import { createUsers, places } from './directory.js';

const APPENDS = 500;
const CREATES = 300;
const READS = 400;
const USERS = 2_000;

export const onServers = {
  name: 'on-servers',
  title: 'EventStoreDB (double) and PostgreSQL beside the embedded stores',
  run: async (workspace) => {
    const stores = await startStores();
    if (stores === undefined) return [leftOut('on-servers', 'needs the binaries of PostgreSQL')];
    try {
      const append = await medianAppendMs(stores.connectionString);
      const starts = {
        embedded: () => workspace.start('ledger'),
        servers: () => workspace.start('ledger', workspace.directory(), stores.env),
      };
      return [
        row('on-servers', 'append of one event over loopback, median', append, 'ms', {
          firm: 2,
          lower: true,
        }),
        ...(await withServers(starts, (servers) => overHttp(workspace, servers))),
      ];
    } finally {
      await stores.stop();
    }
  },
};

async function medianAppendMs(connectionString) {
  const { openEsdbEventStore } = await import('../../dist/event-store/esdb/esdb-event-store.js');
  const store = await openEsdbEventStore(connectionString);
  const event = () => ({
    id: randomUUID(),
    type: 'SomethingHappened',
    data: { text: 'x'.repeat(1000) },
    metadata: {},
  });
  const taken = [];
  for (let number = -100; number < APPENDS; number++) {
    const startedAt = performance.now();
    // Not among the product's own streams, which its projections read.
    await store.append(`bench-${randomUUID()}`, 'noStream', [event()]);
    if (number >= 0) taken.push(performance.now() - startedAt);
  }
  await store.close();
  return median(taken);
}

async function overHttp(workspace, servers) {
  const ids = {};
  for (const [name, server] of Object.entries(servers)) {
    ids[name] = await createUsers(workspace, server, workspace.count(USERS, 200), 'read');
  }
  const create = (server) => (round) =>
    workspace.client.run(server, { operation: 'create', ...peopleOf(round, CREATES), inFlight: 1 });
  const read = (name) => {
    const requests = places(ids[name].length, READS).map((place) => ({
      method: 'GET',
      path: `/Users/${ids[name][place]}`,
      status: 200,
    }));
    return (round) => {
      const count = round < 0 ? WARM_UP_OPERATIONS : requests.length;
      return workspace.client.run(servers[name], { operation: 'request', requests, count });
    };
  };
  const created = medians(
    await interleave(workspace.rounds, {
      embedded: create(servers.embedded),
      servers: create(servers.servers),
    }),
    'p50Ms',
  );
  const reads = medians(
    await interleave(workspace.rounds, { embedded: read('embedded'), servers: read('servers') }),
    'p50Ms',
  );
  return [
    row('on-servers', 'create, held until it can be read, median', created.servers, 'ms', {
      firm: 15,
      lower: true,
    }),
    row('on-servers', 'the same with the embedded stores', created.embedded, 'ms'),
    row(
      'on-servers',
      'GET by id over the embedded one',
      reads.servers / reads.embedded,
      '×',
      { firm: 3, lower: true },
      { p50Ms: reads },
    ),
  ];
}
