import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteEventStore } from '../event-store/sqlite/sqlite-event-store.js';
import { lagOf, MOST_COUNTED } from './lag.js';

describe('how far a projection is behind', () => {
  let store: SqliteEventStore;

  beforeEach(() => {
    store = new SqliteEventStore({ path: ':memory:' });
  });

  afterEach(() => store.close());

  const happened = async (occurredAt: string, category = 'user', count = 1): Promise<string | undefined> => {
    const events = Array.from({ length: count }, () => ({
      id: randomUUID(),
      type: 'SomethingHappened',
      data: {},
      metadata: { occurredAt },
    }));
    const appended = await store.append(`scim.acme.${category}-${randomUUID()}`, 'noStream', events);
    return appended.events.at(-1)?.position;
  };
  const NOW = Date.parse('2026-01-01T00:01:00.000Z');

  it('is the number of events it has not applied, and the age of the oldest', async () => {
    const applied = await happened('2026-01-01T00:00:00.000Z');
    await happened('2026-01-01T00:00:30.000Z', 'claim');
    await happened('2026-01-01T00:00:50.000Z');
    await happened('2026-01-01T00:00:58.000Z');

    expect(await lagOf(store, applied, NOW)).toEqual({ events: 2, seconds: 10 });
    expect(await lagOf(store, undefined, NOW)).toEqual({ events: 3, seconds: 60 });
  });

  it('is nothing when only claims are left', async () => {
    const applied = await happened('2026-01-01T00:00:00.000Z');
    await happened('2026-01-01T00:00:30.000Z', 'claim');

    expect(await lagOf(store, applied, NOW)).toEqual({ events: 0, seconds: 0 });
  });

  it('has no age where the oldest event does not say when it happened', async () => {
    await store.append('scim.acme.thing-1', 'noStream', [
      { id: randomUUID(), type: 'SomethingHappened', data: {}, metadata: {} },
    ]);

    expect(await lagOf(store, undefined, NOW)).toEqual({ events: 1, seconds: 0 });
  });

  it('is not counted without end', async () => {
    await happened('2026-01-01T00:00:00.000Z', 'user', MOST_COUNTED + 5);

    expect((await lagOf(store, undefined, NOW)).events).toBe(MOST_COUNTED);
  });
});
