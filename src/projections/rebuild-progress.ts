/** How far a rebuild is, as it is told. */
export interface RebuildReport {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly eventsDone: number;
  readonly eventsTotal: number;
  readonly eventsPerSecond: number;
  readonly etaSeconds?: number | undefined;
  readonly error?: string | undefined;
}

/** How far a rebuild is. */
export class RebuildProgress implements RebuildReport {
  readonly startedAt = new Date().toISOString();
  state: 'running' | 'done' | 'failed' = 'running';
  eventsDone = 0;
  error: string | undefined;
  #endedAt: number | undefined;

  constructor(public eventsTotal: number) {}

  /** Events per second since the start. */
  get eventsPerSecond(): number {
    const seconds = ((this.#endedAt ?? Date.now()) - Date.parse(this.startedAt)) / 1000;
    return seconds > 0 ? Math.round(this.eventsDone / seconds) : 0;
  }

  /** Seconds to go at the rate so far; undefined while there is no rate yet. */
  get etaSeconds(): number | undefined {
    if (this.state !== 'running') return 0;
    const rate = this.eventsPerSecond;
    return rate > 0 ? Math.ceil(Math.max(0, this.eventsTotal - this.eventsDone) / rate) : undefined;
  }

  report(eventsDone: number): void {
    this.eventsDone = eventsDone;
    // The log goes on growing meanwhile.
    this.eventsTotal = Math.max(this.eventsTotal, eventsDone);
  }

  finish(): void {
    this.#endedAt = Date.now();
    this.eventsDone = Math.max(this.eventsDone, this.eventsTotal);
    this.state = 'done';
  }

  fail(error: unknown): void {
    this.#endedAt = Date.now();
    this.error = error instanceof Error ? error.message : String(error);
    this.state = 'failed';
  }

  toJSON() {
    const { state, startedAt, eventsDone, eventsTotal, eventsPerSecond, etaSeconds, error } = this;
    return { state, startedAt, eventsDone, eventsTotal, eventsPerSecond, etaSeconds, error };
  }
}

export function startRebuild(eventsTotal: number): RebuildProgress {
  return new RebuildProgress(eventsTotal);
}
