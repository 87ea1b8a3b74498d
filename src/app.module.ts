import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Claims } from './commands/claims.js';
import { CreateResourceHandler } from './commands/create-resource.command.js';
import { DeleteResourceHandler } from './commands/delete-resource.command.js';
import { MemberDirectory } from './commands/member-directory.js';
import { MemberTable } from './commands/member-table.js';
import { PatchResourceHandler } from './commands/patch-resource.command.js';
import { RecordRefusalHandler, RefusalBudget } from './commands/record-refusal.command.js';
import { ReplaceResourceHandler } from './commands/replace-resource.command.js';
import { ResourceStreams } from './commands/resource-streams.js';
import { IssueTokenHandler, RegisterTenantHandler, RevokeTokenHandler } from './commands/tenant-commands.js';
import { ResourceWrites } from './commands/resource-writes.js';
import { ResourceWriter } from './commands/write-resource.js';
import { WriteTiming } from './commands/write-timing.js';
import { writesFor } from './commands/writes-for.js';
import { CONFIG, type Config } from './config/config.js';
import { EventLog } from './event-store/event-log.js';
import { EVENT_STORE } from './event-store/event-store.js';
import { LogHealth } from './event-store/log-health.js';
import { OwnCommits } from './event-store/own-commits.js';
import { AuditController } from './http/admin/audit.controller.js';
import { ProjectionsController } from './http/admin/projections.controller.js';
import { TokensController } from './http/admin/tokens.controller.js';
import { ADMIN_TOKEN } from './http/auth/admin-auth.js';
import { ScimAuth } from './http/auth/scim-auth.js';
import { ErrorFilter } from './http/error.filter.js';
import { HealthController } from './http/ops/health.controller.js';
import { MetricsController } from './http/ops/metrics.controller.js';
import { Readiness } from './http/ops/readiness.js';
import { DiscoveryController } from './http/scim/discovery.controller.js';
import { Refusals } from './http/scim/refusals.js';
import { ResourcesController } from './http/scim/resources.controller.js';
import { RootController } from './http/scim/root.controller.js';
import { ScimSearch } from './http/scim/scim-search.js';
import { KEYS } from './keys/keys.js';
import type { Ledger } from './ledger/ledger.js';
import { AuditReader } from './projections/audit/audit.reader.js';
import { DirectoryReader } from './projections/directory/directory.reader.js';
import { HeldWrites } from './projections/held-writes.js';
import { ReadModels } from './projections/read-models.js';

const COMMANDS = [
  CreateResourceHandler,
  ReplaceResourceHandler,
  PatchResourceHandler,
  DeleteResourceHandler,
  RegisterTenantHandler,
  IssueTokenHandler,
  RevokeTokenHandler,
  RecordRefusalHandler,
];

// Fixed paths before `:endpoint`: the order is the order of the routes.
const SERVING = [DiscoveryController, RootController, ResourcesController, AuditController, TokensController];
const OPERATING = [ProjectionsController, HealthController, MetricsController];

/** Wires everything; the only place that knows all of it. */
@Module({})
export class AppModule {
  static with(config: Config, ledger: Ledger, adminToken: string): DynamicModule {
    const { store, keys, log, readModels, health, commits, heldWrites } = ledger;
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: config.role === 'projector' ? OPERATING : [...SERVING, ...OPERATING],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: EVENT_STORE, useValue: store },
        { provide: LogHealth, useValue: health },
        ...(commits ? [{ provide: OwnCommits, useValue: commits }] : []),
        ...(heldWrites ? [{ provide: HeldWrites, useValue: heldWrites }] : []),
        { provide: KEYS, useValue: keys },
        { provide: EventLog, useValue: log },
        { provide: ReadModels, useValue: readModels },
        { provide: ADMIN_TOKEN, useValue: adminToken },
        { provide: MemberDirectory, useExisting: DirectoryReader },
        { provide: DirectoryReader, useFactory: () => new DirectoryReader(readModels) },
        { provide: AuditReader, useFactory: () => new AuditReader(readModels) },
        MemberTable,
        Claims,
        ResourceStreams,
        WriteTiming,
        {
          provide: ResourceWrites,
          useFactory: writesFor,
          inject: [EventLog, ResourceStreams, Claims, WriteTiming],
        },
        ResourceWriter,
        RefusalBudget,
        ScimAuth,
        ScimSearch,
        Refusals,
        ErrorFilter,
        Readiness,
        ...COMMANDS,
      ],
    };
  }
}
