import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { AuditReader } from '../../projections/audit/audit.reader.js';
import { DirectoryReader } from '../../projections/directory/directory.reader.js';
import { requireTenant, VALIDATED } from './admin-context.js';

const ONCE = { message: 'one string' };
const COUNT = { message: 'a whole number from 1 to 1000' };

class AuditQuery {
  /** SCIM filter over the attributes of an entry. */
  @IsOptional()
  @IsString(ONCE)
  filter?: string;

  /** ISO 8601; entries from then on. */
  @IsOptional()
  @IsString(ONCE)
  since?: string;

  /** ISO 8601; entries before then. */
  @IsOptional()
  @IsString(ONCE)
  until?: string;

  @IsOptional()
  @IsString(ONCE)
  tenant?: string;

  @IsOptional()
  @IsString(ONCE)
  cursor?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt(COUNT)
  @Min(1, COUNT)
  @Max(1000, COUNT)
  count?: number;
}

/** The audit log: who changed what and when, newest first. */
@Controller('admin/v1/audit')
@UseGuards(AdminAuth)
export class AuditController {
  constructor(
    private readonly audit: AuditReader,
    private readonly directory: DirectoryReader,
  ) {}

  @Get()
  async search(@Query(VALIDATED) { tenant = 'default', count = 100, ...query }: AuditQuery) {
    await requireTenant(this.directory, tenant);
    return this.audit.search({ tenant, count, ...query });
  }
}
