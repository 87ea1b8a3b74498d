// Writes that were refused, for the audit: what was tried and why it failed, without any value.
import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { EventLog } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import type { ResourceType } from '../resources/resource-type.js';
import type { JsonObject } from '../scim/json.js';
import { Claims } from './claims.js';

const REFUSALS_A_MINUTE = 60;
const MINUTE_MS = 60_000;

/** A write that was answered with a 4xx, as far as it can be told. */
export interface Refusal {
  readonly operation: 'create' | 'replace' | 'patch' | 'delete' | 'other';
  readonly status: number;
  readonly scimType?: string;
  /** Path of the attribute that was refused, as the client may have written it. */
  readonly attribute?: string;
  readonly type?: ResourceType;
  readonly resourceId?: string;
  /** The body as sent; only fingerprints of its unique values are kept. */
  readonly body?: unknown;
}

export class RecordRefusal extends Command<void> {
  constructor(
    readonly context: CommandContext,
    readonly refusal: Refusal,
  ) {
    super();
  }
}

interface Minute {
  readonly startedAt: number;
  recorded: number;
  suppressed: number;
}

/** Counts refusals by tenant and minute, so that a client gone wild cannot fill the log. */
@Injectable()
export class RefusalBudget implements OnApplicationShutdown {
  readonly #minutes = new Map<string, Minute>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(private readonly log: EventLog) {}

  /** Whether this refusal may be recorded. The first one over the limit starts the minute's count. */
  admits(context: CommandContext): boolean {
    const now = Date.now();
    const current = this.#minutes.get(context.tenant);
    const minute =
      current && now - current.startedAt < MINUTE_MS
        ? current
        : { startedAt: now, recorded: 0, suppressed: 0 };
    this.#minutes.set(context.tenant, minute);
    if (minute.recorded < REFUSALS_A_MINUTE) {
      minute.recorded += 1;
      return true;
    }
    minute.suppressed += 1;
    if (minute.suppressed === 1) this.#reportAtEnd(minute, context);
    return false;
  }

  // Not onModuleDestroy, which runs while requests are still being finished.
  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const open = [...this.#minutes].filter(([, { suppressed }]) => suppressed > 0);
    await Promise.all(open.map(([tenant, minute]) => this.#report(minute, tenant)));
  }

  #reportAtEnd(minute: Minute, { tenant }: CommandContext): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        // The store's own health check tells of a log that cannot be written; a count is not worth more.
        this.#report(minute, tenant).catch(() => undefined);
      },
      minute.startedAt + MINUTE_MS - Date.now(),
    );
    timer.unref();
    this.#timers.add(timer);
  }

  async #report(minute: Minute, tenant: string): Promise<void> {
    const count = minute.suppressed;
    if (count === 0) return;
    minute.suppressed = 0;
    const commandId = randomUUID();
    const stream = streamName(tenant, 'refusal', commandId);
    const event = { type: 'RefusalsSuppressed', schemaVersion: 1, data: { count } };
    await this.log.append([{ stream, revision: -1, tipHash: '', events: [event] }], {
      commandId,
      tenant,
      actor: { kind: 'system', id: 'refusal-budget', label: 'SCIM Ledger' },
      occurredAt: new Date().toISOString(),
      correlationId: commandId,
    });
  }
}

@CommandHandler(RecordRefusal)
export class RecordRefusalHandler implements ICommandHandler<RecordRefusal> {
  constructor(
    private readonly log: EventLog,
    private readonly claims: Claims,
    private readonly budget: RefusalBudget,
  ) {}

  async execute({ context, refusal }: RecordRefusal): Promise<void> {
    if (!this.budget.admits(context)) return;
    await this.claims.ready(context.tenant);
    const { operation, status, scimType, type, resourceId } = refusal;
    const data: JsonObject = {
      operation,
      status,
      ...(scimType === undefined ? {} : { scimType }),
      ...attributeOf(refusal),
      ...(type === undefined ? {} : { resourceType: type.name }),
      ...(resourceId === undefined ? {} : { resourceId }),
      fingerprints: this.#fingerprints(context.tenant, refusal),
    };
    const stream = streamName(context.tenant, 'refusal', context.commandId);
    const event = { type: 'WriteRefused', schemaVersion: 1, data };
    await this.log.append([{ stream, revision: -1, tipHash: '', events: [event] }], context);
  }

  #fingerprints(tenant: string, { type, body }: Refusal): JsonObject {
    if (!type || typeof body !== 'object' || body === null) return {};
    const fingerprints = Object.entries(body).flatMap(([given, value]) => {
      const name = type.schema.resolve(given)?.path;
      if (name === undefined || !type.uniqueAttributes.includes(name) || typeof value !== 'string') return [];
      return [[name, this.claims.fingerprint(tenant, `${type.name}.${name}`, value)] as const];
    });
    return Object.fromEntries(fingerprints);
  }
}

// The path of a PATCH may hold a filter with values, or be no path at all: only an attribute's own name is kept.
function attributeOf({ type, attribute }: Refusal): JsonObject {
  if (type === undefined || attribute === undefined) return {};
  const found = type.schema.resolve(attribute.replace(/\[.*\]/s, ''));
  return found === undefined ? {} : { attribute: found.path };
}
