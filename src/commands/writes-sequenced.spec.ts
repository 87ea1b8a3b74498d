import { describeClaims } from '../../test/contract/claims.contract.js';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';

describeClaims('in memory', async () => {
  const store = new SqliteEventStore({ path: ':memory:' });
  return { open: async () => store, cleanUp: () => store.close() };
});
