// The events of the double: one log in order, and per stream what stream metadata leaves visible of it.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** $tb of a stream that was deleted softly: nothing of it is visible. */
const DELETED = Number.MAX_SAFE_INTEGER;
/** The server's own number for the event that marks a hard deletion. */
const TOMBSTONE_REVISION = '9223372036854775807';
/** How often the server and other applications write between our own appends. */
const NOISE_EVERY = 5;

export class Log {
  maxAppendBytes = 1024 * 1024;
  /** Every event in order of position. */
  events = [];
  #streams = new Map();
  #nextPosition = 0;
  #listeners = new Set();
  #appends = 0;
  #file;

  /** @param file keeps the events of a log that is opened again */
  constructor(file) {
    if (file !== undefined && existsSync(file)) this.#load(file);
    this.#file = file;
    // what a fresh server has before anybody appends
    if (this.events.length === 0) this.#write('$$$settings', [systemEvent('$metadata', {})]);
  }

  /** Calls back after each append. Returns the function that ends it. */
  onAppended(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * @param expected a number, 'noStream', 'exists' or 'any'
   * @returns {{ outcome: 'ok', revision, position } | { outcome: 'conflict', current } | { outcome: 'deleted' } |
   *   { outcome: 'tooLarge', limit }}
   */
  append(name, expected, proposed) {
    const stream = this.#streams.get(name);
    if (stream?.isTombstoned) return { outcome: 'deleted' };
    const size = proposed.reduce((sum, { type, data, metadata }) => {
      return sum + data.length + metadata.length + 2 * type.length;
    }, 0);
    if (size > this.maxAppendBytes) return { outcome: 'tooLarge', limit: this.maxAppendBytes };
    const current = stream && stream.events.length > 0 ? stream.events.length - 1 : undefined;
    if (!isAsExpected(stream, expected, current)) {
      return this.#repeated(stream, expected, proposed) ?? { outcome: 'conflict', current };
    }
    // the server undoes a soft deletion by moving $tb to the first event of the new life
    if (stream?.truncateBefore === DELETED) this.#setMetadata(name, { $tb: stream.events.length });
    const last = this.#write(name, proposed);
    this.#makeNoise(name);
    for (const listener of this.#listeners) listener();
    return { outcome: 'ok', revision: last?.revision ?? -1, position: last?.position };
  }

  /** Deletes softly; the stream can be written again. */
  delete(name, expected) {
    const refusal = this.#refusedDeletion(name, expected);
    if (refusal) return refusal;
    const position = this.#setMetadata(name, { $tb: DELETED }).position;
    for (const listener of this.#listeners) listener();
    return { outcome: 'ok', position };
  }

  /** Deletes for ever. */
  tombstone(name, expected) {
    const refusal = this.#refusedDeletion(name, expected);
    if (refusal) return refusal;
    const { position } = this.#write(name, [systemEvent('$streamDeleted', {})]);
    for (const listener of this.#listeners) listener();
    return { outcome: 'ok', position };
  }

  isTombstoned(name) {
    return this.#streams.get(name)?.isTombstoned ?? false;
  }

  /** What a read of the stream sees; undefined when it sees no stream. */
  visible(name) {
    const stream = this.#streams.get(name);
    if (stream === undefined || stream.events.length === 0 || stream.truncateBefore === DELETED)
      return undefined;
    const { events, truncateBefore = 0, maxCount = Infinity, maxAge = Infinity } = stream;
    const first = Math.max(truncateBefore, events.length - maxCount, 0);
    const oldest = Date.now() - maxAge * 1000;
    const isYoung = ({ created }) => created >= oldest;
    const young = maxAge === Infinity ? 0 : events.findIndex(isYoung);
    return young < 0 ? [] : events.slice(Math.max(first, young));
  }

  /** Index in `events` of the first event at or after a position. */
  indexOf(position) {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle].position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #refusedDeletion(name, expected) {
    const stream = this.#streams.get(name);
    if (stream?.isTombstoned) return { outcome: 'deleted' };
    const current = stream && stream.events.length > 0 ? stream.events.length - 1 : undefined;
    return isAsExpected(stream, expected, current) ? undefined : { outcome: 'conflict', current };
  }

  // The server takes an append for repeated when all its events stand at the place where it would have put them.
  #repeated(stream, expected, proposed) {
    if (
      stream === undefined ||
      proposed.length === 0 ||
      (typeof expected === 'string' && expected !== 'noStream')
    ) {
      return undefined;
    }
    const from = expected === 'noStream' ? 0 : expected + 1;
    const stored = stream.events.slice(from, from + proposed.length);
    const isSame =
      stored.length === proposed.length && stored.every(({ id }, index) => id === proposed[index].id);
    return isSame ? { outcome: 'ok', ...pick(stored.at(-1)) } : undefined;
  }

  #setMetadata(name, changed) {
    const stream = this.#stream(name);
    const { truncateBefore: $tb, maxCount: $maxCount, maxAge: $maxAge } = stream;
    return this.#write(`$$${name}`, [systemEvent('$metadata', { $tb, $maxCount, $maxAge, ...changed })]);
  }

  #write(name, proposed) {
    const stored = proposed.map((event) => this.#place({ ...event, stream: name, created: Date.now() }));
    if (this.#file !== undefined && stored.length > 0) {
      appendFileSync(this.#file, stored.map((event) => `${JSON.stringify(toLine(event))}\n`).join(''));
    }
    return stored.at(-1);
  }

  #place(event) {
    const stream = this.#stream(event.stream);
    const isTombstone = event.type === '$streamDeleted';
    const revision = isTombstone ? TOMBSTONE_REVISION : stream.events.length;
    const placed = { ...event, revision, position: this.#nextPosition };
    this.#nextPosition += 64 + event.data.length + event.metadata.length;
    this.events.push(placed);
    if (isTombstone) stream.isTombstoned = true;
    else stream.events.push(placed);
    if (event.stream.startsWith('$$') && event.type === '$metadata') this.#obey(event);
    return placed;
  }

  #obey({ stream, data }) {
    const { $tb, $maxCount, $maxAge } = JSON.parse(data.toString());
    Object.assign(this.#stream(stream.slice(2)), {
      truncateBefore: $tb,
      maxCount: $maxCount,
      maxAge: $maxAge,
    });
  }

  #stream(name) {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = { events: [], isTombstoned: false };
    this.#streams.set(name, stream);
    return stream;
  }

  #makeNoise(name) {
    this.#appends += 1;
    if (name.startsWith('$') || this.#appends % NOISE_EVERY !== 0) return;
    this.#write('$stats-127.0.0.1:2113', [systemEvent('$statsCollected', { appends: this.#appends })]);
    this.#write(`otherApplication-${this.#appends}`, [systemEvent('SomethingElseHappened', {})]);
  }

  #load(file) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line !== '') this.#place(fromLine(JSON.parse(line)));
    }
  }
}

function isAsExpected(stream, expected, current) {
  if (expected === 'any') return true;
  if (expected === 'exists') return current !== undefined;
  if (expected === 'noStream') return current === undefined || stream.truncateBefore === DELETED;
  return current === expected;
}

function pick({ revision, position }) {
  return { revision, position };
}

function systemEvent(type, data) {
  return {
    id: crypto.randomUUID(),
    type,
    contentType: 'application/json',
    data: Buffer.from(JSON.stringify(data)),
    metadata: Buffer.alloc(0),
  };
}

function toLine({ data, metadata, ...rest }) {
  return { ...rest, data: data.toString('base64'), metadata: metadata.toString('base64') };
}

function fromLine({ data, metadata, ...rest }) {
  return { ...rest, data: Buffer.from(data, 'base64'), metadata: Buffer.from(metadata, 'base64') };
}
