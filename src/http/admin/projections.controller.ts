import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import { Problem } from './problem.js';
import { ReadModels, type ProjectionStatus } from '../../projections/read-models.js';

/** State of the read models, and their rebuilding. */
@Controller('admin/v1/projections')
@UseGuards(AdminAuth)
export class ProjectionsController {
  constructor(private readonly readModels: ReadModels) {}

  @Get()
  async list() {
    return { projections: await this.readModels.status() };
  }

  @Get(':name')
  async get(@Param('name') name: string): Promise<ProjectionStatus> {
    const all = await this.readModels.status();
    const found = all.find((status) => status.name === name);
    if (!found) throw new Problem(404, `There is no projection '${name}'.`);
    return found;
  }

  /** Starts a rebuild beside the live generation; GET shows its progress. */
  @Post(':name/rebuild')
  @HttpCode(202)
  async rebuild(@Param('name') name: string): Promise<ProjectionStatus> {
    await this.get(name);
    await this.readModels.rebuild(name);
    return this.get(name);
  }
}
