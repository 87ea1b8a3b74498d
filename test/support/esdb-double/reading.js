// Read: streams and $all, both directions, once or as a catch-up subscription that goes live.
import { NO_POSITION, shared, streamIdentifier, streamNameOf, streams, uuid } from './protocol.js';
import { refusedCall, streamDeleted } from './refusals.js';

const BACKWARDS = 1;
/** The server's window for a filter that names none. */
const DEFAULT_WINDOW = 4096;
/** Events made into messages at a time. */
const PAGE = 256;
const TICKS_PER_MS = 10_000n;

export function readHandlers(endpoint) {
  return { read: (call) => void serve(endpoint, call).catch((error) => call.emit('error', error)) };
}

async function serve(endpoint, call) {
  call.on('error', () => undefined);
  const refused = refusedCall(call, endpoint);
  if (refused) throw refused;
  if (endpoint.faults.mute.reads) return;
  const options = call.request.getOptions();
  const name = options.hasStream() ? streamNameOf(options.getStream().getStreamIdentifier()) : undefined;
  endpoint.counts.reads += 1;
  if (name !== undefined && endpoint.log.isTombstoned(name)) throw streamDeleted(name);
  if (options.hasSubscription()) await subscribe(endpoint, call, options, name);
  else if (name === undefined) await readAll(endpoint, call, options);
  else await readStream(endpoint, call, options, name);
}

async function readStream({ log }, call, options, name) {
  const events = log.visible(name);
  if (events === undefined) {
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(name));
    call.write(new streams.ReadResp().setStreamNotFound(missing));
    call.end();
    return;
  }
  const from = options.getStream();
  const isBackwards = options.getReadDirection() === BACKWARDS;
  const bound = from.hasRevision() ? Number(from.getRevision()) : isBackwards ? Infinity : 0;
  // revisions have no gaps: where one stands follows from the first
  const index = Math.min(
    Math.max(bound - (events[0]?.revision ?? 0) + (isBackwards ? 1 : 0), 0),
    events.length,
  );
  const count = Number(options.getCount());
  const chosen = isBackwards
    ? events.slice(Math.max(index - count, 0), index).toReversed()
    : events.slice(index, index + count);
  for (let sent = 0; sent < chosen.length; sent += PAGE) {
    if (!(await sendEvents(call, chosen.slice(sent, sent + PAGE)))) return;
  }
  call.end();
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
    if (chosen.length >= PAGE) {
      if (!(await sendEvents(call, chosen.splice(0)))) return;
    }
  }
  await sendAll(call, chosen);
}

async function sendAll(call, events) {
  if (await sendEvents(call, events)) call.end();
}

/** @returns whether the call is still there */
function sendEvents(call, events) {
  return sendEvery(call, events.map(readEvent));
}

async function sendEvery(call, responses) {
  for (const response of responses) if (!(await send(call, response))) return false;
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
  const state = { isOver: false, wake: () => undefined };
  const stopListening = endpoint.log.onAppended(() => state.wake());
  const stop = () => {
    if (state.isOver) return;
    state.isOver = true;
    endpoint.counts.subscriptions -= 1;
    stopListening();
    state.wake();
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
  while (!state.isOver) {
    const appended = Promise.withResolvers();
    state.wake = appended.resolve;
    const page = cursor.page();
    if (!(await sendEvery(call, page.responses))) stop();
    if (page.isAtEnd && !state.isOver) await appended.promise;
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
    for (; this.#index < events.length && responses.length < PAGE; this.#index += 1) {
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
