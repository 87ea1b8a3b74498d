import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStore } from '../../src/event-store/event-store.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { describeEventStore } from './event-store.contract.js';

describeEventStore('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'event-store-'));
  const path = join(directory, 'events.sqlite');
  let store: EventStore = new SqliteEventStore({ path });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = new SqliteEventStore({ path });
      return store;
    },
    cleanUp: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

describeEventStore('memory', async () => {
  const store = new SqliteEventStore({ path: ':memory:' });
  return { store, cleanUp: () => store.close() };
});
