// The contract for EventStoreDB: against the double, and against a real server when one is named.
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type EsdbEventStore, openEsdbEventStore } from '../../src/event-store/esdb/esdb-event-store.js';
import { type DoubleOptions, type EsdbDouble, startEsdbDouble } from '../support/esdb-double.js';
import { describeEventStore, type StoreHarness } from './event-store.contract.js';

async function harnessOf(connectionString: string): Promise<StoreHarness> {
  let store: EsdbEventStore = await openEsdbEventStore(connectionString);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openEsdbEventStore(connectionString);
      return store;
    },
    cleanUp: () => store.close(),
  };
}

function describeWithDouble(name: string, options: DoubleOptions): void {
  describe(name, () => {
    let double: EsdbDouble;
    beforeAll(async () => {
      double = await startEsdbDouble(options);
    });
    afterAll(() => double.stop());

    describeEventStore(name, () => harnessOf(double.connectionString));
  });
}

describeWithDouble('eventstoredb double', {});
describeWithDouble('eventstoredb double over TLS with a password', { tls: true, user: 'ledger:secret' });
describeWithDouble('eventstoredb double in batches, as over TLS without a password', { tls: true });

const server = process.env['TEST_EVENTSTORE_URL'];
if (server === undefined) {
  describe('event store: real EventStoreDB server', () => {
    it.todo('LEFT OUT: set TEST_EVENTSTORE_URL=esdb://… to run the contract against a real server');
  });
  process.stderr.write(
    'LEFT OUT: the event store contract against a real server (TEST_EVENTSTORE_URL is not set)\n',
  );
} else {
  describeEventStore('real EventStoreDB server', () => harnessOf(server));
}
