import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry, type GaugeConfiguration } from 'prom-client';
import { SqliteEventStore } from '../../event-store/sqlite/sqlite-event-store.js';
import { Projections } from '../../projections/projections.js';

/** Figures for Prometheus; needs the admin token. */
@Controller('metrics')
@UseGuards(AdminAuth)
export class MetricsController {
  readonly #registry = new Registry();

  constructor(store: SqliteEventStore, projections: Projections) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge({
      name: 'scim_ledger_event_log_healthy',
      help: '1 while the event log can be written',
      collect() {
        this.set(store.health().isHealthy ? 1 : 0);
      },
    });
    this.#gauge({
      name: 'scim_ledger_projection_live',
      help: '1 while the projection follows the log',
      labelNames: ['projection', 'generation'],
      collect() {
        this.reset();
        for (const { name, generation, state } of projections.status()) {
          this.set({ projection: name, generation }, state === 'live' ? 1 : 0);
        }
      },
    });
    this.#gauge({
      name: 'scim_ledger_rebuild_events_done',
      help: 'Events that the running or last rebuild has applied',
      labelNames: ['projection'],
      collect() {
        for (const { name, rebuild } of projections.status()) {
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
