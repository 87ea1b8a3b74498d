// Writers as separate processes have them: each with its own log, caches and queues over a store that all share.
import { randomUUID } from 'node:crypto';

import { Claims } from '../../src/commands/claims.js';
import { MemberTable } from '../../src/commands/member-table.js';
import type { ResourceResult } from '../../src/commands/resource-command.js';
import { ResourceStreams } from '../../src/commands/resource-streams.js';
import { ResourceWriter, type Target } from '../../src/commands/write-resource.js';
import { WriteTiming } from '../../src/commands/write-timing.js';
import { writesFor } from '../../src/commands/writes-for.js';
import type { CommandContext } from '../../src/event-store/envelope/command-context.js';
import { EventCodec } from '../../src/event-store/envelope/event-codec.js';
import { EventLog } from '../../src/event-store/event-log.js';
import type { AppendResult, EventStore, StreamAppend } from '../../src/event-store/event-store.js';
import type { Keys } from '../../src/keys/keys.js';
import type { Member } from '../../src/resources/resource-type.js';
import { groupType } from '../../src/resources/group/index.js';
import { userType } from '../../src/resources/user/index.js';
import { LeniencyUse, STRICT } from '../../src/scim/leniency.js';
import { context, TENANT } from './commands.js';

/** What happens around the appends of one writer. */
export interface Steps {
  before?(append: StreamAppend): Promise<void> | void;
  after?(append: StreamAppend): Promise<void> | void;
}

/** The process that writes is gone; nobody gets an answer. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

export interface Writer {
  readonly log: EventLog;
  readonly claims: Claims;
  readonly writer: ResourceWriter;
  /** Assign to it to step in between. */
  readonly steps: Steps;
  create(userName: string, id?: string): Promise<ResourceResult>;
  rename(id: string, userName: string, ifMatch?: Target['ifMatch']): Promise<ResourceResult>;
  remove(id: string): Promise<ResourceResult>;
  createGroup(displayName: string, members?: readonly Member[]): Promise<ResourceResult>;
  renameGroup(id: string, displayName: string): Promise<ResourceResult>;
  addMembers(id: string, members: readonly Member[]): Promise<ResourceResult>;
  /** Members as this process knows them after a look at the log. */
  membersOf(id: string): Promise<readonly string[]>;
  /** Every append of this writer fails from now on: it is as good as dead. */
  crash(): void;
  close(): void;
}

/** Times of a test; what is not given is as in production, and pauses take no time. */
export function timingOf(times: Partial<WriteTiming> = {}): WriteTiming {
  return Object.assign(new WriteTiming(), { pause: () => nextTurn() }, times);
}

export function openWriter(store: EventStore, keys: Keys, timing: WriteTiming = timingOf()): Writer {
  const steps: Steps = {};
  let isCrashed = false;
  const log = new EventLog(
    inSequence(store, async (append) => {
      if (isCrashed) throw new Crashed();
      await steps.before?.(append);
      const result = await store.append(append.stream, append.expectedRevision, append.events);
      await steps.after?.(append);
      return result;
    }),
    new EventCodec(keys),
  );
  const claims = new Claims(log, keys);
  const memberTable = new MemberTable();
  const streams = new ResourceStreams(log, keys, memberTable);
  const writer = new ResourceWriter(streams, claims, writesFor(log, streams, claims, timing), timing);
  const contextNow = (): CommandContext => ({
    ...context(),
    occurredAt: new Date(timing.now()).toISOString(),
    request: { id: 'r1', method: 'POST', path: '/scim/v2/Users', ip: '192.0.2.7', userAgent: 'Entra' },
  });
  const on = () => ({ context: contextNow(), leniencies: new LeniencyUse(STRICT) });
  return {
    log,
    claims,
    writer,
    steps,
    create: (userName, id = randomUUID()) => writer.create({ ...on(), type: userType }, id, { userName }, []),
    rename: (id, userName, ifMatch) =>
      writer.change({ ...on(), type: userType }, { id, ifMatch }, async ({ state }) => ({
        attributes: { ...state.attributes, userName },
      })),
    remove: (id) => writer.remove({ ...on(), type: userType }, { id }),
    createGroup: (displayName, members = []) =>
      writer.create({ ...on(), type: groupType }, randomUUID(), { displayName }, members),
    renameGroup: (id, displayName) =>
      writer.change({ ...on(), type: groupType }, { id }, async ({ state }) => ({
        attributes: { ...state.attributes, displayName },
      })),
    addMembers: (id, added) =>
      writer.change({ ...on(), type: groupType }, { id }, async ({ state, members }) => ({
        attributes: state.attributes,
        members: { added: added.filter(({ value }) => !members.has(value)), removed: [] },
      })),
    membersOf: async (id) => {
      const loaded = await streams.load(groupType, TENANT, id);
      return Array.from(loaded?.members.values() ?? [], ({ value }) => value);
    },
    crash: () => void (isCrashed = true),
    close: () => memberTable.onApplicationShutdown(),
  };
}

/** The store without its transactions: an append of its own for each stream, in order. */
function inSequence(store: EventStore, append: (append: StreamAppend) => Promise<AppendResult>): EventStore {
  return {
    capabilities: { atomicMultiStream: false },
    append: (stream, expectedRevision, events) => append({ stream, expectedRevision, events }),
    appendMany: async (appends) => {
      const results: AppendResult[] = [];
      for (const each of appends) results.push(await append(each));
      return { events: results.flatMap(({ events }) => events) };
    },
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    subscribeAll: (options) => store.subscribeAll(options),
    head: () => store.head(),
    close: () => store.close(),
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Where a command waits until it is let on, as one that is held somewhere on its way. */
export class Gate {
  readonly #reached = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();

  /** Resolves when somebody waits. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  pass(): Promise<void> {
    this.#reached.resolve();
    return this.#opened.promise;
  }

  open(): void {
    this.#opened.resolve();
  }
}

/** Whether an append holds an event of this type. */
export function has(type: string): (append: StreamAppend) => boolean {
  return ({ events }) => events.some((event) => event.type === type);
}

/** Lets a writer die before or after its next append of an event. */
export function diesAt(writer: Writer, when: 'before' | 'after', type: string): void {
  writer.steps[when] = (append) => {
    if (!has(type)(append)) return;
    writer.crash();
    throw new Crashed();
  };
}
