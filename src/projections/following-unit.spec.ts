import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventCodec } from '../event-store/envelope/event-codec.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { StoredEvent } from '../event-store/event-store.js';
import { row, run } from '../read-model/script.js';
import { LocalFollowingUnit } from './following-unit.js';
import { Generation, ProjectionStopped } from './generation.js';
import type { ProjectionUnit } from './projection.js';

const unit: ProjectionUnit = {
  name: 'strict',
  version: 1,
  tables: [],
  indexes: [],
  writer: () => ({
    *apply({ type }: LedgerEvent) {
      if (type === 'Bad') throw new Error('a bad event');
      yield* run('SELECT 1');
    },
    *flush() {},
    *finishBulkLoad() {},
    forget: () => undefined,
  }),
  longQuery: () => () => row('SELECT 1 AS one'),
};

// Nothing is sealed here.
const codec = { openAll: (page: readonly StoredEvent[]) => page } as unknown as EventCodec;

let log: StoredEvent[];
let following: LocalFollowingUnit;

const newGeneration = (number: number) => Generation.create(unit, number, ':memory:', { isBulkLoad: false });
const append = (type: string) => {
  const position = String(log.length + 1).padStart(4, '0');
  log.push({ id: `e${position}`, stream: 's', revision: log.length, position, type, data: {}, metadata: {} });
};

beforeEach(() => {
  log = [];
  const source = { readAllSync: (after = '') => log.filter(({ position }) => position > after) };
  following = new LocalFollowingUnit(newGeneration(1), source, codec);
});

afterEach(() => following.close());

describe('a unit that follows in its own thread', () => {
  it('follows when somebody reads, not when it is woken', async () => {
    append('Good');
    following.wake();
    expect(following.position).toBeUndefined();

    await following.reached();

    expect(following.position).toBe('0001');
    expect(following.stopped).toBeUndefined();
  });

  it('stops at an event that it cannot apply, and says so to whoever reads', async () => {
    append('Good');
    await following.reached();
    append('Bad');

    await expect(following.reached()).rejects.toThrow(ProjectionStopped);
    expect(following.stopped).toContain('strict cannot apply Bad');
    expect(following.position).toBe('0001');
  });

  it('goes on with another generation', async () => {
    append('Bad');
    await following.reached().catch(() => undefined);
    log = [];

    following.replace(newGeneration(2));

    expect(following).toMatchObject({ number: 2, stopped: undefined, position: undefined });
  });

  it('has no file to switch to', async () => {
    await expect(following.switchTo()).rejects.toThrow('in memory');
  });
});
