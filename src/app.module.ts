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
import { SqliteEventStore } from './event-store/sqlite/sqlite-event-store.js';
import { AuditController } from './http/admin/audit.controller.js';
import { ProjectionsController } from './http/admin/projections.controller.js';
import { TokensController } from './http/admin/tokens.controller.js';
import { ADMIN_TOKEN } from './http/auth/admin-auth.js';
import { ScimAuth } from './http/auth/scim-auth.js';
import { ErrorFilter } from './http/error.filter.js';
import { HealthController } from './http/ops/health.controller.js';
import { MetricsController } from './http/ops/metrics.controller.js';
import { DiscoveryController } from './http/scim/discovery.controller.js';
import { Refusals } from './http/scim/refusals.js';
import { ResourcesController } from './http/scim/resources.controller.js';
import { RootController } from './http/scim/root.controller.js';
import { ScimSearch } from './http/scim/scim-search.js';
import { KEYS } from './keys/keys.js';
import type { Ledger } from './ledger.js';
import { AuditReader } from './projections/audit/audit.reader.js';
import { DirectoryReader } from './projections/directory/directory.reader.js';
import { Projections } from './projections/projections.js';

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

/** Wires everything; the only place that knows all of it. */
@Module({})
export class AppModule {
  static with(config: Config, ledger: Ledger, adminToken: string): DynamicModule {
    const { store, keys, log, projections } = ledger;
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      // Fixed paths before `:endpoint`: the order is the order of the routes.
      controllers: [
        DiscoveryController,
        RootController,
        ResourcesController,
        AuditController,
        TokensController,
        ProjectionsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: SqliteEventStore, useValue: store },
        { provide: KEYS, useValue: keys },
        { provide: EventLog, useValue: log },
        { provide: Projections, useValue: projections },
        { provide: ADMIN_TOKEN, useValue: adminToken },
        { provide: MemberDirectory, useExisting: DirectoryReader },
        { provide: DirectoryReader, useFactory: () => new DirectoryReader(projections) },
        { provide: AuditReader, useFactory: () => new AuditReader(projections) },
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
        ...COMMANDS,
      ],
    };
  }
}
