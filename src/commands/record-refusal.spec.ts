import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { context, openCommands, TENANT, type Commands } from '../../test/support/commands.js';
import type { LedgerEvent } from '../event-store/envelope/ledger-event.js';
import { userType } from '../resources/user/index.js';
import {
  RecordRefusal,
  RecordRefusalHandler,
  RefusalBudget,
  type Refusal,
} from './record-refusal.command.js';

const MINUTE_MS = 60_000;
const REFUSED: Refusal = { operation: 'create', status: 400 };

let commands: Commands;
let budget: RefusalBudget;
let handler: RecordRefusalHandler;

beforeEach(async () => {
  commands = await openCommands();
  budget = new RefusalBudget(commands.ledger.log);
  handler = new RecordRefusalHandler(commands.ledger.log, commands.claims, budget);
});

afterEach(async () => {
  jest.useRealTimers();
  await commands.close();
});

describe('recording a refusal', () => {
  it('keeps what is known of it, and of the values only fingerprints', async () => {
    const body = { userName: 'Ada', title: 'Countess', password: 'secret' };
    const refusal: Refusal = {
      operation: 'create',
      status: 409,
      scimType: 'uniqueness',
      attribute: 'userName',
      type: userType,
      resourceId: 'u1',
      body,
    };

    const [event] = await commands.appendedBy(() => handler.execute(new RecordRefusal(context(), refusal)));

    expect(event).toMatchObject({ type: 'WriteRefused', revision: 0 });
    expect(event?.data).toEqual({
      operation: 'create',
      status: 409,
      scimType: 'uniqueness',
      attribute: 'userName',
      resourceType: 'User',
      resourceId: 'u1',
      fingerprints: { userName: commands.claims.fingerprint(TENANT, 'User.userName', 'ada') },
    });
    expect(JSON.stringify(event)).not.toMatch(/Ada|Countess|secret/);
  });

  it.each<[string, Partial<Refusal>]>([
    ['no type', { body: { userName: 'ada' } }],
    ['no body', { type: userType }],
    ['a body of null', { type: userType, body: null }],
    ['a body that is text', { type: userType, body: 'userName' }],
    ['a name that is no text', { type: userType, body: { userName: 7 } }],
  ])('has no fingerprints with %s', async (_, parts) => {
    const [event] = await commands.appendedBy(() => refuse({ ...REFUSED, ...parts }));

    expect(event?.data).toMatchObject({ fingerprints: {} });
  });
});

describe('the budget of refusals', () => {
  it('is 60 a minute and tenant', async () => {
    const events = await commands.appendedBy(() => refuseTimes(65));

    expect(countOf(events, 'WriteRefused')).toBe(60);
    expect(await commands.appendedBy(() => refuse(REFUSED, 'other'))).toHaveLength(1);
  });

  it('tells at the end of the minute how many it left out, once', async () => {
    freezeClock();
    await refuseTimes(65);

    const events = await appendedAfter(() => jest.advanceTimersByTime(MINUTE_MS));

    expect(events).toMatchObject([
      {
        type: 'RefusalsSuppressed',
        data: { count: 5 },
        metadata: { tenant: TENANT, actor: { kind: 'system' } },
      },
    ]);
  });

  it('is full again a minute later', async () => {
    freezeClock();
    await refuseTimes(65);
    jest.advanceTimersByTime(MINUTE_MS);

    const events = await commands.appendedBy(() => refuse(REFUSED));

    expect(countOf(events, 'WriteRefused')).toBe(1);
  });

  it('tells at shutdown what no minute has told yet', async () => {
    await refuseTimes(63);

    const events = await commands.appendedBy(() => budget.onApplicationShutdown());

    expect(events).toMatchObject([{ type: 'RefusalsSuppressed', data: { count: 3 } }]);
    expect(await commands.appendedBy(() => budget.onApplicationShutdown())).toEqual([]);
  });

  it('tells nothing at shutdown when nothing was left out', async () => {
    await refuseTimes(60);

    expect(await commands.appendedBy(() => budget.onApplicationShutdown())).toEqual([]);
  });
});

function refuse(refusal: Refusal, tenant = TENANT): Promise<void> {
  return handler.execute(new RecordRefusal(context(tenant), refusal));
}

async function refuseTimes(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => refuse(REFUSED)));
}

// What promises and the store's queue run on stays real.
function freezeClock(): void {
  jest.useFakeTimers({
    now: Date.UTC(2026, 0, 1),
    doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'],
  });
}

/** The store has no promise for what a timer appends: its own commit is the sign. */
function appendedAfter(work: () => void): Promise<readonly LedgerEvent[]> {
  return commands.appendedBy(async () => {
    const committed = new Promise<void>((resolve) => {
      const stop = commands.ledger.store.onCommitted(() => {
        stop();
        resolve();
      });
    });
    work();
    await committed;
  });
}

function countOf(events: readonly LedgerEvent[], wanted: string): number {
  return events.filter(({ type }) => type === wanted).length;
}
