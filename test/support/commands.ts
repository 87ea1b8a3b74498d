// Every command handler over a real ledger in memory, without the framework that dispatches to them.
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';

import { Claims } from '../../src/commands/claims.js';
import { CreateResource, CreateResourceHandler } from '../../src/commands/create-resource.command.js';
import { DeleteResource, DeleteResourceHandler } from '../../src/commands/delete-resource.command.js';
import { MemberTable } from '../../src/commands/member-table.js';
import { PatchResource, PatchResourceHandler } from '../../src/commands/patch-resource.command.js';
import { ReplaceResource, ReplaceResourceHandler } from '../../src/commands/replace-resource.command.js';
import type { ResourceResult } from '../../src/commands/resource-command.js';
import { ResourceStreams } from '../../src/commands/resource-streams.js';
import { ResourceWriter, type Target } from '../../src/commands/write-resource.js';
import { WriteTiming } from '../../src/commands/write-timing.js';
import { writesFor } from '../../src/commands/writes-for.js';
import { readConfig } from '../../src/config/config.js';
import type { CommandContext } from '../../src/event-store/envelope/command-context.js';
import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { openEmbeddedLedger, type EmbeddedLedger } from '../../src/ledger/embedded.js';
import { DirectoryReader } from '../../src/projections/directory/directory.reader.js';
import type { ResourceType } from '../../src/resources/resource-type.js';
import type { Json, JsonObject } from '../../src/scim/json.js';
import { ENTRA_LENIENCIES } from '../../src/scim/leniency.js';

export const TENANT = 'acme';

export interface Commands {
  readonly ledger: EmbeddedLedger;
  readonly claims: Claims;
  readonly memberTable: MemberTable;
  readonly writer: ResourceWriter;
  readonly streams: ResourceStreams;
  /** `schemas` may be left out of a body. */
  create(type: ResourceType, body: JsonObject, tenant?: string): Promise<ResourceResult>;
  replace(
    type: ResourceType,
    id: string,
    body: JsonObject,
    ifMatch?: Target['ifMatch'],
  ): Promise<ResourceResult>;
  /** Operations of one PatchOp message. */
  patch(
    type: ResourceType,
    id: string,
    operations: readonly JsonObject[],
    ifMatch?: Target['ifMatch'],
  ): Promise<ResourceResult>;
  remove(type: ResourceType, id: string, ifMatch?: Target['ifMatch']): Promise<ResourceResult>;
  /** What was appended meanwhile, opened, in order of position. */
  appendedBy(work: () => Promise<unknown>): Promise<readonly LedgerEvent[]>;
  close(): Promise<void>;
}

/** The context of a command that nobody needs to tell from another. */
export function context(tenant = TENANT): CommandContext {
  const commandId = randomUUID();
  return {
    commandId,
    correlationId: commandId,
    tenant,
    actor: { kind: 'token', id: 't1', label: 'Entra' },
    occurredAt: new Date().toISOString(),
  };
}

/** @param dataDir where log and read models live; in memory without it */
export async function openCommands(dataDir?: string): Promise<Commands> {
  const stores = dataDir === undefined ? 'memory' : 'sqlite';
  const config = readConfig({ EVENT_STORE: stores, READ_MODEL: stores, DATA_DIR: dataDir });
  const ledger = await openEmbeddedLedger(config, pino({ level: 'silent' }));
  const directory = new DirectoryReader(ledger.readModels);
  const claims = new Claims(ledger.log, ledger.keys);
  const memberTable = new MemberTable();
  const streams = new ResourceStreams(ledger.log, ledger.keys, memberTable);
  const timing = new WriteTiming();
  const writes = writesFor(ledger.log, streams, claims, timing);
  const writer = new ResourceWriter(streams, claims, writes, timing);
  const creates = new CreateResourceHandler(writer, directory);
  const replaces = new ReplaceResourceHandler(writer, directory);
  const patches = new PatchResourceHandler(writer, directory);
  const deletes = new DeleteResourceHandler(writer);
  const on = (type: ResourceType, tenant = TENANT) => ({
    context: context(tenant),
    type,
    leniencies: ENTRA_LENIENCIES,
  });
  const whole = (type: ResourceType, body: JsonObject) => ({ schemas: [type.schema.core.id], ...body });
  const patchOp = (operations: readonly JsonObject[]): Json => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: operations,
  });
  return {
    ledger,
    claims,
    memberTable,
    writer,
    streams,
    create: (type, body, tenant) =>
      creates.execute(new CreateResource(on(type, tenant), randomUUID(), whole(type, body))),
    replace: (type, id, body, ifMatch) =>
      replaces.execute(new ReplaceResource(on(type), { id, ifMatch }, whole(type, body))),
    patch: (type, id, operations, ifMatch) =>
      patches.execute(new PatchResource(on(type), { id, ifMatch }, patchOp(operations))),
    remove: async (type, id, ifMatch) => deletes.execute(new DeleteResource(on(type), { id, ifMatch })),
    appendedBy: (work) => appendedBy(ledger, work),
    close: async () => {
      memberTable.onApplicationShutdown();
      await ledger.close();
    },
  };
}

async function appendedBy(
  { store, log }: EmbeddedLedger,
  work: () => Promise<unknown>,
): Promise<readonly LedgerEvent[]> {
  const before = store.headSync();
  await work();
  const appended = store.readAllSync(before, 10_000);
  const streams = [...new Set(appended.map(({ stream }) => stream))];
  const loaded = await Promise.all(streams.map(async (stream) => (await log.load(stream)).events));
  const byId = new Map(loaded.flat().map((event) => [event.id, event]));
  return appended.flatMap(({ id }) => byId.get(id) ?? []);
}
