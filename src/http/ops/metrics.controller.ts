import { Controller, Get, Inject, Optional, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { EventLog } from '../../event-store/event-log.js';
import { EVENT_STORE, type EventStore } from '../../event-store/event-store.js';
import { LogHealth } from '../../event-store/log-health.js';
import { HeldWrites } from '../../projections/held-writes.js';
import { lagOf } from '../../projections/lag.js';
import { ReadModels, type ProjectionStatus } from '../../projections/read-models.js';
import { AdminAuth } from '../auth/admin-auth.js';

/** Figures for Prometheus; needs the admin token. */
@Controller('metrics')
@UseGuards(AdminAuth)
export class MetricsController {
  readonly #registry = new Registry();
  readonly #projections: readonly ProjectionGauge[];

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    log: EventLog,
    health: LogHealth,
    private readonly readModels: ReadModels,
    @Optional() heldWrites?: HeldWrites,
  ) {
    collectDefaultMetrics({ register: this.#registry });
    this.#simple('event_log_healthy', '1 while the event log can be written', () =>
      health.health().isHealthy ? 1 : 0,
    );
    this.#byTenant('appended_events_total', 'Events that this process appended', log.counts.events);
    this.#byTenant('append_conflicts_total', 'Appends that met another revision', log.counts.conflicts);
    if (heldWrites) this.#watch(heldWrites);
    this.#projections = [
      this.#gauge('live', '1 while the projection follows the log', ({ state }) =>
        state === 'live' ? 1 : 0,
      ),
      this.#gauge('generation', 'Number of the live generation', ({ generation }) => generation),
      this.#gauge(
        'lag_events',
        'Events not applied yet; 1000 stands for that many or more',
        (_, { events }) => events,
      ),
      this.#gauge('lag_seconds', 'Age of the oldest event not applied yet', (_, { seconds }) => seconds),
      this.#gauge(
        'rebuild_events_done',
        'Events applied by the running or last rebuild',
        ({ rebuild }) => rebuild?.eventsDone,
      ),
      this.#gauge(
        'rebuild_events_total',
        'Events that rebuild has to apply',
        ({ rebuild }) => rebuild?.eventsTotal,
      ),
    ];
  }

  @Get()
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    // What cannot be asked is left out; the other figures say why.
    await this.#look().catch(() => this.#projections.forEach(({ gauge }) => gauge.reset()));
    void reply.type(this.#registry.contentType).send(await this.#registry.metrics());
  }

  async #look(): Promise<void> {
    const all = await this.readModels.status();
    const seen = await Promise.all(
      all.map(async (status) => [status, await lagOf(this.store, status.position)] as const),
    );
    for (const { gauge, valueOf } of this.#projections) {
      gauge.reset();
      for (const [status, lag] of seen) {
        const value = valueOf(status, lag);
        if (value !== undefined) gauge.set({ projection: status.name }, value);
      }
    }
  }

  #watch(heldWrites: HeldWrites): void {
    this.#simple(
      'held_writes',
      'Answers to writes that are held until they can be read',
      () => heldWrites.held,
    );
    this.#simple(
      'held_write_timeouts',
      'Answers that were held in vain since the start',
      () => heldWrites.timeouts,
    );
    this.#simple('writes_let_through', '0 while writes are refused: read models are too far behind', () =>
      heldWrites.isOpen ? 1 : 0,
    );
  }

  #simple(name: string, help: string, valueOf: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `scim_ledger_${name}`,
      help,
      registers: [this.#registry],
      collect: () => gauge.set(valueOf()),
    });
  }

  #byTenant(name: string, help: string, counts: ReadonlyMap<string, number>): void {
    const counter: Counter<'tenant'> = new Counter({
      name: `scim_ledger_${name}`,
      help,
      labelNames: ['tenant'],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [tenant, count] of counts) counter.inc({ tenant }, count);
      },
    });
  }

  #gauge(name: string, help: string, valueOf: ProjectionGauge['valueOf']): ProjectionGauge {
    const labelNames = ['projection'] as const;
    const options = { name: `scim_ledger_projection_${name}`, help, labelNames, registers: [this.#registry] };
    return { gauge: new Gauge(options), valueOf };
  }
}

interface ProjectionGauge {
  readonly gauge: Gauge<'projection'>;
  readonly valueOf: (
    status: ProjectionStatus,
    lag: { readonly events: number; readonly seconds: number },
  ) => number | undefined;
}
