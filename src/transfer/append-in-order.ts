// Writes a log's events to a store in their order. A window of them is given to the store at once; the next begins when
// all of it stands, so that what stands after an interruption is always a beginning of the log.
import type { EventStore, StreamAppend } from '../event-store/event-store.js';
import type { CarriedEvent } from './log-file.js';
import type { ImportWindow } from './import-target.js';
import { canonicalJson } from '../event-store/json.js';

interface Run extends StreamAppend {
  readonly events: StreamAppend['events'][number][];
}

export class OrderedAppends {
  #runs: Run[] = [];
  #events = 0;
  #bytes = 0;

  constructor(
    private readonly store: EventStore,
    private readonly window: ImportWindow,
  ) {}

  /** @throws as `flush` */
  async add(event: CarriedEvent): Promise<void> {
    const { stream, revision, id, type, data, metadata } = event;
    const dataJson = canonicalJson(data);
    const metadataJson = canonicalJson(metadata);
    const bytes = Buffer.byteLength(dataJson) + Buffer.byteLength(metadataJson) + 2 * type.length;
    if (this.#isOver(stream, bytes)) await this.flush();
    const envelope = { id, type, data, metadata, dataJson, metadataJson };
    const last = this.#runs.at(-1);
    if (last?.stream === stream) last.events.push(envelope);
    else {
      const expectedRevision = revision === 0 ? 'noStream' : revision - 1;
      this.#runs.push({ stream, expectedRevision, events: [envelope] });
    }
    this.#events += 1;
    this.#bytes += bytes;
  }

  /** Waits until all that was added stands. @throws what the store throws; RevisionConflict when others write there */
  async flush(): Promise<void> {
    const runs = this.#runs;
    this.#runs = [];
    this.#events = 0;
    this.#bytes = 0;
    const appends = runs.map(({ stream, expectedRevision, events }) =>
      this.store.append(stream, expectedRevision, events),
    );
    for (const outcome of await Promise.allSettled(appends)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  #isOver(stream: string, bytes: number): boolean {
    if (this.#events === 0) return false;
    const isNewRun = this.#runs.at(-1)?.stream !== stream;
    const { window } = this;
    return (
      (isNewRun && this.#runs.length >= window.appends) ||
      this.#events >= window.events ||
      this.#bytes + bytes > window.bytes
    );
  }
}
