// Read: streams and $all, both directions, once or as a catch-up subscription that goes live.
import { NO_POSITION, shared, streamIdentifier, streamNameOf, streams, uuid } from './protocol.js';
import { refusedCall, streamDeleted } from './refusals.js';

const BACKWARDS = 1;
/** The server's window for a filter that names none. */
const DEFAULT_WINDOW = 4096;
const TICKS_PER_MS = 10_000n;

export function readHandlers(endpoint) {
  return { read: (call) => void serve(endpoint, call).catch((error) => call.emit('error', error)) };
}

async function serve(endpoint, call) {
  call.on('error', () => undefined);
  const refused = refusedCall(call, endpoint);
  if (refused) return call.emit('error', refused);
  if (endpoint.faults.isMute) return;
  const options = call.request.getOptions();
  const isSubscription = options.hasSubscription();
  endpoint.counts.reads += 1;
  if (options.hasStream()) {
    const name = streamNameOf(options.getStream().getStreamIdentifier());
    if (endpoint.log.isTombstoned(name)) return call.emit('error', streamDeleted(name));
    return isSubscription
      ? subscribe(endpoint, call, options, name)
      : readStream(endpoint, call, options, name);
  }
  return isSubscription ? subscribe(endpoint, call, options) : readAll(endpoint, call, options);
}

async function readStream({ log }, call, options, name) {
  const events = log.visible(name);
  if (events === undefined) {
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(name));
    call.write(new streams.ReadResp().setStreamNotFound(missing));
    return call.end();
  }
  const from = options.getStream();
  const isBackwards = options.getReadDirection() === BACKWARDS;
  const limit = Number(options.getCount());
  const chosen = isBackwards
    ? events.filter(
        ({ revision }) => revision <= (from.hasRevision() ? Number(from.getRevision()) : Infinity),
      )
    : events.filter(({ revision }) => revision >= (from.hasRevision() ? Number(from.getRevision()) : 0));
  await sendAll(call, (isBackwards ? chosen.toReversed() : chosen).slice(0, limit));
}

// Forwards from a position includes the event there, backwards excludes it, as positions stand before their events.
async function readAll({ log }, call, options) {
  const from = options.getAll();
  const limit = Number(options.getCount());
  const matches = filterOf(options);
  const isBackwards = options.getReadDirection() === BACKWARDS;
  const start = from.hasStart() ? 0 : from.hasEnd() ? log.events.length : log.indexOf(positionOf(from));
  const step = isBackwards ? -1 : 1;
  const chosen = [];
  for (
    let index = isBackwards ? start - 1 : start;
    index >= 0 && index < log.events.length && chosen.length < limit;
    index += step
  ) {
    if (matches(log.events[index])) chosen.push(log.events[index]);
    if (chosen.length >= DEFAULT_WINDOW) {
      if (!(await sendEvents(call, chosen.splice(0)))) return;
    }
  }
  await sendAll(call, chosen);
}

async function sendAll(call, events) {
  if (await sendEvents(call, events)) call.end();
}

/** @returns whether the call is still there */
async function sendEvents(call, events) {
  for (const event of events) {
    if (!(await send(call, readEvent(event)))) return false;
  }
  return !call.cancelled;
}

/** @returns whether the call is still there */
async function send(call, response) {
  if (call.cancelled || call.destroyed) return false;
  if (!call.write(response)) await room(call);
  return !call.cancelled && !call.destroyed;
}

/** Resolves when the call takes more, or no more at all. */
function room(call) {
  const { promise, resolve } = Promise.withResolvers();
  const names = ['drain', 'cancelled', 'close'];
  for (const name of names) call.on(name, resolve);
  return promise.finally(() => names.forEach((name) => call.off(name, resolve)));
}

async function subscribe(endpoint, call, options, name) {
  endpoint.counts.subscriptions += 1;
  let [isOver, wake] = [false, () => undefined];
  const stopListening = endpoint.log.onAppended(() => wake());
  const stop = () => {
    if (isOver) return;
    isOver = true;
    endpoint.counts.subscriptions -= 1;
    stopListening();
    wake();
  };
  call.once('cancelled', stop);
  call.once('close', stop);
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID());
  await send(call, new streams.ReadResp().setConfirmation(confirmation));
  // A restart may put another log in place: a subscription belongs to the one it began with.
  const cursor = new Cursor(endpoint.log, options, name);
  if (name === undefined) {
    const from = options.getAll();
    endpoint.counts.subscribedAfter = from.hasPosition() ? positionOf(from) : undefined;
  }
  while (!isOver) {
    const appended = Promise.withResolvers();
    wake = appended.resolve;
    const page = cursor.page();
    for (const response of page.responses) if (!(await send(call, response))) return stop();
    if (page.isAtEnd && !isOver) await appended.promise;
  }
}

/** Where a subscription is in the log: nothing is left out or sent twice, because there is one place and one order. */
class Cursor {
  #log;
  #index;
  #isWanted;
  #interval;
  #sinceCheckpoint = 0;
  #wasAtEnd = false;

  constructor(log, options, name) {
    this.#log = log;
    const filter = options.getFilter();
    const matches = filterOf(options);
    if (name === undefined) {
      this.#isWanted = matches;
      this.#index = startOf(log, options.getAll());
    } else {
      const from = options.getStream();
      const after = from.hasRevision() ? Number(from.getRevision()) : from.hasEnd() ? Infinity : -1;
      this.#isWanted = (event) => event.stream === name && event.revision > after;
      this.#index = from.hasEnd() ? log.events.length : 0;
    }
    const window = filter?.hasMax() ? filter.getMax() : DEFAULT_WINDOW;
    this.#interval = filter ? window * filter.getCheckpointintervalmultiplier() : Infinity;
  }

  page() {
    const responses = [];
    const { events } = this.#log;
    for (; this.#index < events.length && responses.length < 256; this.#index += 1) {
      const event = events[this.#index];
      if (this.#isWanted(event)) responses.push(readEvent(event));
      this.#sinceCheckpoint += 1;
      if (this.#sinceCheckpoint >= this.#interval) {
        this.#sinceCheckpoint = 0;
        responses.push(checkpoint(event));
      }
    }
    const isAtEnd = this.#index === events.length;
    if (isAtEnd && !this.#wasAtEnd) {
      this.#wasAtEnd = true;
      responses.push(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
    }
    return { responses, isAtEnd };
  }
}

function startOf(log, from) {
  if (from.hasStart()) return 0;
  if (from.hasEnd()) return log.events.length;
  // a subscription begins after the position that it is given
  return log.indexOf(positionOf(from) + 1);
}

function positionOf(from) {
  return Number(from.getPosition().getCommitPosition());
}

function filterOf(options) {
  const filter = options.getFilter();
  if (!filter) return () => true;
  const isOnStream = filter.hasStreamIdentifier();
  const expression = isOnStream ? filter.getStreamIdentifier() : filter.getEventType();
  const prefixes = expression.getPrefixList();
  const pattern = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex());
  return (event) => {
    const text = isOnStream ? event.stream : event.type;
    return pattern === undefined ? prefixes.some((prefix) => text.startsWith(prefix)) : pattern.test(text);
  };
}

function checkpoint({ position }) {
  const at = new streams.ReadResp.Checkpoint();
  return new streams.ReadResp().setCheckpoint(
    at.setCommitPosition(String(position)).setPreparePosition(String(position)),
  );
}

function readEvent(event) {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(uuid(event.id))
    .setStreamIdentifier(streamIdentifier(event.stream))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.position ?? NO_POSITION))
    .setPreparePosition(String(event.position ?? NO_POSITION))
    .setCustomMetadata(asBytes(event.metadata))
    .setData(asBytes(event.data));
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    .set('created', String(BigInt(event.created) * TICKS_PER_MS));
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded);
  read.setNoPosition(new shared.Empty());
  return new streams.ReadResp().setEvent(read);
}

function asBytes(buffer) {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
