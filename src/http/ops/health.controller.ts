import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readiness } from './readiness.js';

/** For load balancers and service managers. */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process answers. */
  @Get('live')
  live() {
    return { status: 'live' };
  }

  /** Requests can be served; 503 with the reasons otherwise. */
  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const reasons = await this.readiness.reasons();
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    void reply.code(reasons.length === 0 ? 200 : 503).send({ status, reasons });
  }
}
