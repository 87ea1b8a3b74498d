import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry, type GaugeConfiguration } from 'prom-client';
import { LogHealth } from '../../event-store/log-health.js';
import { ReadModels } from '../../projections/read-models.js';

/** Figures for Prometheus; needs the admin token. */
@Controller('metrics')
@UseGuards(AdminAuth)
export class MetricsController {
  readonly #registry = new Registry();

  constructor(log: LogHealth, readModels: ReadModels) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge({
      name: 'scim_ledger_event_log_healthy',
      help: '1 while the event log can be written',
      collect() {
        this.set(log.health().isHealthy ? 1 : 0);
      },
    });
    this.#gauge({
      name: 'scim_ledger_projection_live',
      help: '1 while the projection follows the log',
      labelNames: ['projection', 'generation'],
      async collect() {
        const status = await readModels.status();
        this.reset();
        for (const { name, generation, state } of status) {
          this.set({ projection: name, generation }, state === 'live' ? 1 : 0);
        }
      },
    });
    this.#gauge({
      name: 'scim_ledger_rebuild_events_done',
      help: 'Events that the running or last rebuild has applied',
      labelNames: ['projection'],
      async collect() {
        for (const { name, rebuild } of await readModels.status()) {
          if (rebuild) this.set({ projection: name }, rebuild.eventsDone);
        }
      },
    });
  }

  #gauge<Labels extends string>(configuration: GaugeConfiguration<Labels>): void {
    this.#registry.registerMetric(new Gauge({ ...configuration, registers: [] }));
  }

  @Get()
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    void reply.type(this.#registry.contentType).send(await this.#registry.metrics());
  }
}
