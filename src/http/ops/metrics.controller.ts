import { Controller, Get, Optional, Res, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry, type GaugeConfiguration } from 'prom-client';
import { LogHealth } from '../../event-store/log-health.js';
import { HeldWrites } from '../../projections/held-writes.js';
import { ReadModels } from '../../projections/read-models.js';

/** Figures for Prometheus; needs the admin token. */
@Controller('metrics')
@UseGuards(AdminAuth)
export class MetricsController {
  readonly #registry = new Registry();

  constructor(log: LogHealth, readModels: ReadModels, @Optional() heldWrites?: HeldWrites) {
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
          this.set({ projection: name, generation: generation ?? 0 }, state === 'live' ? 1 : 0);
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
    if (heldWrites) this.#heldWrites(heldWrites);
  }

  #heldWrites(heldWrites: HeldWrites): void {
    this.#gauge({
      name: 'scim_ledger_held_writes',
      help: 'Answers to writes that are held until they can be read',
      collect() {
        this.set(heldWrites.held);
      },
    });
    this.#gauge({
      name: 'scim_ledger_held_write_timeouts',
      help: 'Answers that were held in vain since the start',
      collect() {
        this.set(heldWrites.timeouts);
      },
    });
    this.#gauge({
      name: 'scim_ledger_writes_let_through',
      help: '0 while writes are refused because the read models are too far behind',
      collect() {
        this.set(heldWrites.isOpen ? 1 : 0);
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
