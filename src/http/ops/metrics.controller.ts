import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { SqliteEventStore } from '../../event-store/sqlite/sqlite-event-store.js';
import { Projections } from '../../projections/projections.js';

/** Figures for Prometheus; needs the admin token. */
@Controller('metrics')
export class MetricsController {
  readonly #registry = new Registry();

  constructor(store: SqliteEventStore, projections: Projections) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'scim_ledger_event_log_healthy',
      help: '1 while the event log can be written',
      registers,
      collect() {
        this.set(store.health().isHealthy ? 1 : 0);
      },
    });
    new Gauge({
      name: 'scim_ledger_projection_live',
      help: '1 while the projection follows the log',
      labelNames: ['projection', 'generation'],
      registers,
      collect() {
        this.reset();
        for (const { name, generation, state } of projections.status()) {
          this.set({ projection: name, generation }, state === 'live' ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: 'scim_ledger_rebuild_events_done',
      help: 'Events that the running or last rebuild has applied',
      labelNames: ['projection'],
      registers,
      collect() {
        for (const { name, rebuild } of projections.status()) {
          if (rebuild) this.set({ projection: name }, rebuild.eventsDone);
        }
      },
    });
  }

  @Get()
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    void reply.type(this.#registry.contentType).send(await this.#registry.metrics());
  }
}
