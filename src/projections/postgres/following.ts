import type { PostgresConnection } from '../../read-model/postgres-connection.js';
import { LogReader, type LogReaderOptions } from './log-reader.js';
import type { PostgresGeneration } from './postgres-generation.js';

interface Waiting {
  readonly position: string;
  readonly resolve: () => void;
}

/** Applies the log to one generation, from its checkpoint on, until it is stopped or fails. */
export class Following {
  readonly #reader: LogReader;
  readonly #failed = Promise.withResolvers<never>();
  readonly #ended: Promise<void>;
  #waiting: Waiting[] = [];

  /** @param onApplied is called after each commit */
  constructor(
    private readonly generation: PostgresGeneration,
    source: Pick<LogReaderOptions, 'store' | 'open'>,
    private readonly onApplied: () => void,
  ) {
    this.#reader = new LogReader({
      ...source,
      unit: generation.unit.name,
      after: generation.checkpoint?.position,
    });
    // Whoever needs it asks for it.
    this.#failed.promise.catch(() => undefined);
    this.#ended = this.#run();
  }

  /** Never resolves. @throws what ended it: ProjectionStopped, or an error that may pass */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Resolves when the checkpoint is at a position or beyond. @throws as `failed` */
  reached(position: string): Promise<void> {
    if ((this.generation.checkpoint?.position ?? '') >= position) return Promise.resolve();
    const reached = new Promise<void>((resolve) => this.#waiting.push({ position, resolve }));
    return Promise.race([reached, this.#failed.promise]);
  }

  /** Resolves when the batch that is being applied has ended; nothing is applied afterwards. */
  async stop(): Promise<void> {
    await this.#reader.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    try {
      for (let batch = await this.#reader.next(); batch; batch = await this.#reader.next()) {
        await this.generation.applyBatch(batch);
        this.#tell();
      }
    } catch (error) {
      this.#failed.reject(error);
      void this.#reader.close();
    }
  }

  #tell(): void {
    this.onApplied();
    const position = this.generation.checkpoint?.position ?? '';
    for (const waiting of this.#waiting) if (waiting.position <= position) waiting.resolve();
    this.#waiting = this.#waiting.filter((waiting) => waiting.position > position);
  }
}

/** A generation that is followed. */
export interface Live {
  readonly generation: PostgresGeneration;
  readonly connection: PostgresConnection;
  readonly following: Following;
}
