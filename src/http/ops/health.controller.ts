import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { SqliteEventStore } from '../../event-store/sqlite/sqlite-event-store.js';
import { Projections } from '../../projections/projections.js';

/** For load balancers and service managers. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly store: SqliteEventStore,
    private readonly projections: Projections,
  ) {}

  /** The process answers. */
  @Get('live')
  live() {
    return { status: 'live' };
  }

  /** Requests can be served; 503 with the reasons otherwise. */
  @Get('ready')
  ready(@Res() reply: FastifyReply): void {
    const { isHealthy, error } = this.store.probe();
    const reasons = [
      ...(isHealthy ? [] : [error?.message ?? 'the event log cannot be written']),
      ...this.projections.status().flatMap(({ error: stopped }) => (stopped === undefined ? [] : [stopped])),
    ];
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    void reply.code(reasons.length === 0 ? 200 : 503).send({ status, reasons });
  }
}
