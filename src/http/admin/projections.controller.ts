import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import { Problem } from './problem.js';
import { Projections, type ProjectionStatus } from '../../projections/projections.js';

/** State of the read models, and their rebuilding. */
@Controller('admin/v1/projections')
@UseGuards(AdminAuth)
export class ProjectionsController {
  constructor(private readonly projections: Projections) {}

  @Get()
  list() {
    return { projections: this.projections.status() };
  }

  @Get(':name')
  get(@Param('name') name: string): ProjectionStatus {
    const found = this.projections.status().find((status) => status.name === name);
    if (!found) throw new Problem(404, `There is no projection '${name}'.`);
    return found;
  }

  /** Starts a rebuild beside the live generation; GET shows its progress. */
  @Post(':name/rebuild')
  @HttpCode(202)
  rebuild(@Param('name') name: string): ProjectionStatus {
    this.get(name);
    this.projections.rebuild(name);
    return this.get(name);
  }
}
