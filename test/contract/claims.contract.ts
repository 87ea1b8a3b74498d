// Unique values on a store without transactions over streams, whatever happens between the appends of a command. Run by
// each such store, and by one in memory.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WriteTiming } from '../../src/commands/write-timing.js';
import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { verifyStream } from '../../src/event-store/envelope/chain.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { streamName } from '../../src/event-store/stream-names.js';
import { openKeyStore, type KeyStore } from '../../src/keys/key-store.js';
import type { ResourceResult } from '../../src/commands/resource-command.js';
import { userType } from '../../src/resources/user/index.js';
import { TENANT } from '../support/commands.js';
import { diesAt, Gate, has, openWriter, timingOf, type Writer } from '../support/writers.js';

/** A store may be shared by all tests: each has keys of its own, and so other claim streams. */
export interface ClaimsHarness {
  /** The store as one more process opens it. */
  open(): Promise<EventStore>;
  cleanUp(): Promise<void>;
}

const REFUSED = { name: 'ScimError', status: 409, scimType: 'uniqueness' };
const LATER = { name: 'ScimError', status: 503 };
const SOON = { politenessMs: 0 };
const IMPATIENT = { ownerWaitMs: 0 };

export function describeClaims(name: string, openHarness: () => Promise<ClaimsHarness>): void {
  describe(`claims in sequence: ${name}`, () => {
    let harness: ClaimsHarness;
    let store: EventStore;
    let keys: KeyStore;
    let writers: Writer[];

    beforeEach(async () => {
      harness = await openHarness();
      store = await harness.open();
      keys = openKeyStore({ path: ':memory:', secretKey: Buffer.alloc(32, 7), poolSize: 64 });
      writers = [];
    });

    afterEach(async () => {
      for (const writer of writers) writer.close();
      keys.close();
      await harness.cleanUp();
    });

    const writerOver = (shared: EventStore, times: Partial<WriteTiming> = {}): Writer => {
      const writer = openWriter(shared, keys, timingOf(times));
      writers.push(writer);
      return writer;
    };
    const newWriter = (times?: Partial<WriteTiming>) => writerOver(store, times);
    const eventsOf = async (stream: string): Promise<readonly LedgerEvent[]> =>
      (await newWriter().log.load(stream)).events;
    const typesOf = async (stream: string) => (await eventsOf(stream)).map(({ type }) => type);
    const userStream = (id: string) => streamName(TENANT, 'user', id);
    const claimStream = async (userName: string) => {
      const { claims } = newWriter();
      await claims.ready(TENANT);
      return claims.of(TENANT, userType, { userName })[0]!.stream;
    };
    const died = (command: Promise<ResourceResult>) => expect(command).rejects.toThrow();

    describe('a create', () => {
      it('claims first, and says of which command the claim is', async () => {
        const { id } = await newWriter().create('ada');

        const [claimed] = await eventsOf(await claimStream('ada'));
        const [created] = await eventsOf(userStream(id));
        expect(claimed?.data).toEqual({
          kind: 'User.userName',
          ownerId: id,
          commandId: created?.metadata.commandId,
        });
        expect(claimed!.position < created!.position).toBe(true);
        expect(claimed?.metadata.$causationId).toBe(created?.metadata.commandId);
      });

      it('says nothing in its claim of what it seals in its own event', async () => {
        const { id } = await newWriter().create('ada');

        const [claimed] = await eventsOf(await claimStream('ada'));
        const [created] = await eventsOf(userStream(id));
        expect(created?.metadata.request).toMatchObject({ ip: '192.0.2.7', userAgent: 'Entra' });
        expect(claimed?.metadata.request).toEqual({ id: 'r1', method: 'POST', path: '/scim/v2/Users' });
      });

      it('is refused when the name is taken, in whatever letter case, and leaves nothing', async () => {
        await newWriter().create('Straße');
        const before = await store.head();

        await expect(newWriter().create('STRAßE')).rejects.toMatchObject(REFUSED);

        expect(await store.head()).toBe(before);
      });

      it('lets one of twelve at once, each in a process of its own, have a name', async () => {
        const stores = await Promise.all(Array.from({ length: 12 }, () => harness.open()));

        const outcomes = await Promise.allSettled(stores.map((each) => writerOver(each).create('ada')));

        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const refusals = outcomes.flatMap((outcome) =>
          outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
        );
        expect(refusals).toEqual(Array.from({ length: 11 }, () => expect.objectContaining(REFUSED)));
      });

      it('waits for the owner of a claim that is on the way, and is refused once it is there', async () => {
        const [first, gate] = [newWriter(), new Gate()];
        first.steps.before = (append) => (has('UserProvisioned')(append) ? gate.pass() : undefined);
        const held = first.create('ada');
        await gate.reached;
        const waits = Promise.withResolvers<void>();
        const pause = async () => waits.resolve(await new Promise((resolve) => setImmediate(resolve)));

        const second = newWriter({ pause }).create('ada');
        second.catch(() => undefined);
        await waits.promise;
        gate.open();

        await expect(held).resolves.toBeDefined();
        await expect(second).rejects.toMatchObject(REFUSED);
      });

      it('is told to come again when the owner of a claim is not there in time', async () => {
        const first = newWriter();
        diesAt(first, 'before', 'UserProvisioned');
        await died(first.create('ada'));

        await expect(newWriter(IMPATIENT).create('ada')).rejects.toMatchObject({
          ...LATER,
          headers: { 'Retry-After': '5' },
        });
      });

      it('gets a name that is given back while it waits', async () => {
        const [first, gate] = [newWriter(), new Gate()];
        const { id } = await first.create('eve');
        first.steps.before = (append) => (has('UserRenamed')(append) ? gate.pass() : undefined);
        const held = first.rename(id, 'ada', [0]);
        held.catch(() => undefined);
        await gate.reached;
        const pause = async () => {
          await newWriter().rename(id, 'zoe');
          gate.open();
          await held.catch(() => undefined);
        };

        await expect(newWriter({ pause }).create('ada')).resolves.toBeDefined();

        await expect(held).rejects.toMatchObject({ status: 412 });
      });
    });

    describe('a crash', () => {
      it('between claim and create leaves a name that others can take when they have waited', async () => {
        const [first, lost] = [newWriter(), randomUUID()];
        diesAt(first, 'before', 'UserProvisioned');
        await died(first.create('ada', lost));

        const { id } = await newWriter(SOON).create('ada');

        expect(await typesOf(await claimStream('ada'))).toEqual(['NameClaimed', 'NameClaimed']);
        expect(await typesOf(userStream(lost))).toEqual(['ProvisioningAbandoned']);
        expect(await typesOf(userStream(id))).toEqual(['UserProvisioned']);
      });

      it('is not taken for one before the claim is a minute old', async () => {
        const first = newWriter();
        diesAt(first, 'before', 'UserProvisioned');
        await died(first.create('ada'));
        const clock = (ms: number) => ({ ...IMPATIENT, now: () => Date.now() + ms });

        await expect(newWriter(clock(50_000)).create('ada')).rejects.toMatchObject(LATER);
        await expect(newWriter(clock(61_000)).create('ada')).resolves.toBeDefined();
      });

      it('with a clock far ahead of all others does not keep the name for ever', async () => {
        const first = newWriter({ now: () => Date.now() + 86_400_000 });
        diesAt(first, 'before', 'UserProvisioned');
        await died(first.create('ada'));

        await expect(newWriter().create('ada')).resolves.toBeDefined();
      });

      it('right after the create, before the answer, leaves the user its name', async () => {
        const first = newWriter();
        diesAt(first, 'after', 'UserProvisioned');
        await died(first.create('ada'));

        await expect(newWriter(SOON).create('ada')).rejects.toMatchObject(REFUSED);
      });

      it('between claim and rename leaves the old name with its user, and the new one for others', async () => {
        const first = newWriter();
        const { id } = await first.create('ada');
        diesAt(first, 'before', 'UserRenamed');
        await died(first.rename(id, 'eve'));

        await expect(newWriter(IMPATIENT).create('eve')).rejects.toMatchObject(LATER);
        await newWriter(SOON).create('eve');
        await expect(newWriter(SOON).create('ada')).rejects.toMatchObject(REFUSED);
        expect(await typesOf(userStream(id))).toEqual(['UserProvisioned', 'ClaimAbandoned']);
        await expect(newWriter().rename(id, 'ada.l')).resolves.toMatchObject({ state: { revision: 2 } });
      });

      it('between claim and rename does not keep the user itself from the new name', async () => {
        const first = newWriter();
        const { id } = await first.create('ada');
        diesAt(first, 'before', 'UserRenamed');
        await died(first.rename(id, 'eve'));

        await expect(newWriter().rename(id, 'eve')).resolves.toBeDefined();
      });

      it('between claim and rename of a group leaves it its members, behind the fence too', async () => {
        const [first, member] = [newWriter(), { value: randomUUID(), type: 'User' }];
        const { id } = await first.createGroup('Staff', [member]);
        diesAt(first, 'before', 'GroupRenamed');
        await died(first.renameGroup(id, 'Crew'));

        await newWriter(SOON).createGroup('Crew');

        expect((await typesOf(streamName(TENANT, 'group', id))).at(-1)).toBe('ClaimAbandoned');
        const other = newWriter();
        await other.addMembers(id, [member]);
        expect(await other.membersOf(id)).toEqual([member.value]);
        await expect(other.renameGroup(id, 'Gang')).resolves.toMatchObject({
          state: { attributes: { displayName: 'Gang' } },
        });
      });

      it('between rename and release leaves an old name that others can take at once', async () => {
        const first = newWriter();
        const { id } = await first.create('ada');
        diesAt(first, 'before', 'NameReleased');
        await died(first.rename(id, 'eve'));

        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
        expect(await typesOf(userStream(id))).toEqual(['UserProvisioned', 'UserRenamed']);
        await expect(newWriter().create('eve')).rejects.toMatchObject(REFUSED);
      });

      it('between delete and release leaves a name that others can take at once', async () => {
        const first = newWriter();
        const { id } = await first.create('ada');
        diesAt(first, 'before', 'NameReleased');
        await died(first.remove(id));

        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
      });

      it('in the middle of a takeover leaves a name that others can take at once', async () => {
        const [first, second] = [newWriter(), newWriter(SOON)];
        diesAt(first, 'before', 'UserProvisioned');
        await died(first.create('ada'));
        diesAt(second, 'after', 'ProvisioningAbandoned');
        await died(second.create('ada'));

        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
      });
    });

    describe('a command that is held for longer than others wait, and then goes on', () => {
      const held = async (type: string, command: (writer: Writer) => Promise<ResourceResult>) => {
        const [writer, gate] = [newWriter(), new Gate()];
        writer.steps.before = (append) => (has(type)(append) ? gate.pass() : undefined);
        const outcome = command(writer);
        outcome.catch(() => undefined);
        await gate.reached;
        return { gate, outcome };
      };

      it('creates nobody when its name was taken over', async () => {
        const late = randomUUID();
        const { gate, outcome } = await held('UserProvisioned', (writer) => writer.create('ada', late));
        const { id } = await newWriter(SOON).create('ada');

        gate.open();

        await expect(outcome).rejects.toMatchObject(LATER);
        expect(await typesOf(userStream(late))).toEqual(['ProvisioningAbandoned']);
        await expect(newWriter(SOON).create('ada')).rejects.toMatchObject(REFUSED);
        await newWriter().remove(id);
        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
      });

      it('claims nothing when its name was taken meanwhile', async () => {
        const { gate, outcome } = await held('NameClaimed', (writer) => writer.create('ada'));
        await newWriter().create('ada');

        gate.open();

        await expect(outcome).rejects.toMatchObject(REFUSED);
      });

      it('renames nobody when the new name was taken over', async () => {
        const { id } = await newWriter().create('ada');
        const { gate, outcome } = await held('UserRenamed', (writer) => writer.rename(id, 'eve'));
        await newWriter(SOON).create('eve');

        gate.open();

        await expect(outcome).rejects.toMatchObject(REFUSED);
        await expect(newWriter().create('ada')).rejects.toMatchObject(REFUSED);
      });

      it('renames when the name was taken over and is free again', async () => {
        const { id } = await newWriter().create('ada');
        const { gate, outcome } = await held('UserRenamed', (writer) => writer.rename(id, 'eve'));
        const other = await newWriter(SOON).create('eve');
        await newWriter().remove(other.id);

        gate.open();

        await expect(outcome).resolves.toMatchObject({ state: { attributes: { userName: 'eve' } } });
        await expect(newWriter().create('eve')).rejects.toMatchObject(REFUSED);
      });

      it('gives back no claim that its user has made since', async () => {
        const { id } = await newWriter().create('ada');
        const { gate, outcome } = await held('NameReleased', (writer) => writer.rename(id, 'eve'));
        await newWriter().rename(id, 'ada');

        gate.open();

        await expect(outcome).resolves.toBeDefined();
        await expect(newWriter(SOON).create('ada')).rejects.toMatchObject(REFUSED);
        await expect(newWriter(IMPATIENT).create('eve')).resolves.toBeDefined();
      });

      it('gives back no claim that its user makes between its change and its release', async () => {
        const { id } = await newWriter().create('ada');
        const [away, gate] = [newWriter(), new Gate()];
        away.steps.after = (append) => (has('UserRenamed')(append) ? gate.pass() : undefined);
        const leaving = away.rename(id, 'eve');
        await gate.reached;
        const back = await held('UserRenamed', (writer) => writer.rename(id, 'ada'));
        gate.open();
        await leaving;

        await expect(newWriter(IMPATIENT).create('ada')).rejects.toMatchObject(LATER);

        back.gate.open();
        await expect(back.outcome).resolves.toBeDefined();
        await expect(newWriter(SOON).create('ada')).rejects.toMatchObject(REFUSED);
      });

      it('takes over nothing when the owner has come meanwhile', async () => {
        const first = await held('UserProvisioned', (writer) => writer.create('ada'));
        const [second, gate] = [newWriter(SOON), new Gate()];
        second.steps.before = (append) => (has('ProvisioningAbandoned')(append) ? gate.pass() : undefined);
        const taker = second.create('ada');
        taker.catch(() => undefined);
        await gate.reached;
        first.gate.open();
        await first.outcome;

        gate.open();

        await expect(taker).rejects.toMatchObject(REFUSED);
      });
    });

    describe('a rename', () => {
      it('claims the new name, changes, and gives the old one back', async () => {
        const { id } = await newWriter().create('ada');

        await newWriter().rename(id, 'eve');

        const [, renamed] = await eventsOf(userStream(id));
        const [claimed] = await eventsOf(await claimStream('eve'));
        const [, released] = await eventsOf(await claimStream('ada'));
        expect([claimed?.type, renamed?.type, released?.type]).toEqual([
          'NameClaimed',
          'UserRenamed',
          'NameReleased',
        ]);
        expect(claimed!.position < renamed!.position && renamed!.position < released!.position).toBe(true);
      });

      it('that is decided again claims again', async () => {
        const { id } = await newWriter().create('ada');
        const writer = newWriter();
        let isMoved = false;
        writer.steps.before = async (append) => {
          if (isMoved || !has('UserRenamed')(append)) return;
          isMoved = true;
          await newWriter().rename(id, 'ada.l');
        };

        await writer.rename(id, 'eve');

        expect(await typesOf(await claimStream('eve'))).toEqual([
          'NameClaimed',
          'NameReleased',
          'NameClaimed',
        ]);
        for (const free of ['ada', 'ada.l']) await newWriter(IMPATIENT).create(free);
        await expect(newWriter().create('eve')).rejects.toMatchObject(REFUSED);
      });

      it('is refused with 412, and gives its claim back, when the required version is gone', async () => {
        const { id } = await newWriter().create('ada');
        const writer = newWriter();
        writer.steps.before = async (append) => {
          if (has('UserRenamed')(append)) await newWriter().rename(id, 'ada.l');
        };

        await expect(writer.rename(id, 'eve', [0])).rejects.toMatchObject({ status: 412 });

        await expect(newWriter(IMPATIENT).create('eve')).resolves.toBeDefined();
      });

      it('of one user twice at once leaves it the name, whichever of the two fails', async () => {
        const { id } = await newWriter().create('ada');
        const [first, second, gate] = [newWriter(), newWriter(), new Gate()];
        first.steps.before = (append) => (has('UserRenamed')(append) ? gate.pass() : undefined);
        const held = first.rename(id, 'eve', [0]);
        await gate.reached;
        second.steps.before = async (append) => {
          if (!has('UserRenamed')(append)) return;
          gate.open();
          await held;
        };

        await expect(second.rename(id, 'eve', [0])).rejects.toMatchObject({ status: 412 });

        await expect(newWriter(SOON).create('eve')).rejects.toMatchObject(REFUSED);
      });

      it('of two users to one name at once succeeds once', async () => {
        const [ada, bob] = [await newWriter().create('ada'), await newWriter().create('bob')];

        const outcomes = await Promise.allSettled([
          newWriter().rename(ada.id, 'eve'),
          newWriter().rename(bob.id, 'eve'),
        ]);

        expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      });
    });

    describe('a command that runs out of time', () => {
      const lateAfter = (type: string): Writer => {
        let lateMs = 0;
        const writer = newWriter({ now: () => Date.now() + lateMs });
        writer.steps.after = (append) => void (lateMs = has(type)(append) ? 3000 : lateMs);
        return writer;
      };

      it('over its claim creates nobody, and gives the name back', async () => {
        const id = randomUUID();

        await expect(lateAfter('NameClaimed').create('ada', id)).rejects.toMatchObject(LATER);

        expect(await typesOf(userStream(id))).toEqual([]);
        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
      });

      it('over its change answers before it gives the name back, which others can take at once', async () => {
        const { id } = await newWriter().create('ada');

        await lateAfter('UserDeprovisioned').remove(id);

        expect(await typesOf(await claimStream('ada'))).toEqual(['NameClaimed']);
        await expect(newWriter(IMPATIENT).create('ada')).resolves.toBeDefined();
      });
    });

    describe('members', () => {
      const members = (count: number, from = 0) =>
        Array.from({ length: count }, (_, index) => ({ value: memberId(from + index), type: 'User' }));

      it('that processes add at once are all there', async () => {
        const { id } = await newWriter().createGroup('Staff');
        const processes = Array.from({ length: 4 }, () => newWriter());

        await Promise.all(
          processes.flatMap((writer, index) =>
            [0, 1, 2, 3].map((n) => writer.addMembers(id, members(1, index * 4 + n))),
          ),
        );

        const known = await processes[0]!.membersOf(id);
        expect(known.toSorted()).toEqual(members(16).map(({ value }) => value));
      });

      it('over the limit of one request are refused before anything is written', async () => {
        const { id } = await newWriter().createGroup('Staff');
        const before = await store.head();

        for (const tooMany of [
          newWriter().addMembers(id, members(20_001)),
          newWriter().createGroup('All', members(20_001)),
        ]) {
          await expect(tooMany).rejects.toMatchObject({
            status: 413,
            detail: expect.stringContaining('20000 members') as unknown,
          });
        }
        expect(await store.head()).toBe(before);
      });

      it('that others keep changing end in 503 with a time to come again', async () => {
        const { id } = await newWriter().createGroup('Staff');
        const other = newWriter();
        const started = Date.now();
        let moves = 0;
        const writer = newWriter({ now: () => started + moves * 1000 });
        writer.steps.before = async () => {
          await other.addMembers(id, members(1, moves));
          moves += 1;
        };

        await expect(writer.addMembers(id, members(1, 100))).rejects.toMatchObject({
          ...LATER,
          headers: { 'Retry-After': '1' },
        });
        expect(moves).toBe(3);
      });
    });

    it('leaves every stream a chain', async () => {
      const first = newWriter();
      diesAt(first, 'before', 'UserProvisioned');
      await died(first.create('ada'));
      const { id } = await newWriter(SOON).create('ada');
      await newWriter().rename(id, 'eve');

      const streams = new Set<string>();
      for await (const { stream } of store.readAll()) streams.add(stream);
      for (const stream of streams) {
        expect(await verifyStream(store.readStream(stream))).not.toHaveProperty('problem');
      }
      expect(streams.size).toBeGreaterThanOrEqual(4);
    });
  });
}

function memberId(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}
