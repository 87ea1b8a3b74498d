// Append (one call for each append), BatchAppend (one stream of calls for all), Delete and Tombstone.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Any, GoogleEmpty, NO_POSITION, shared, Status, streamIdentifier } from './protocol.js';
import { streamNameOf, streams, uuid, uuidOf } from './protocol.js';
import { appendTooLarge, refusedCall, streamDeleted, wrongExpectedVersion } from './refusals.js';

const CODE_FAILED_PRECONDITION = 9;

export function appendHandlers(endpoint) {
  return {
    append: (call, answer) => unaryAppend(endpoint, call, answer),
    batchAppend: (call) => batchAppend(endpoint, call),
    delete: (call, answer) => deletion(endpoint, call, answer, 'delete', streams.DeleteResp),
    tombstone: (call, answer) => deletion(endpoint, call, answer, 'tombstone', streams.TombstoneResp),
  };
}

/** Stores, or goes wrong as the faults say. Calls back with the outcome unless no answer is to be given. */
async function perform({ log, faults }, { name, expected, events }, answer) {
  const fate = await faults.nextAppend();
  const outcome = fate.isStored ? log.append(name, expected, events) : { outcome: 'conflict', current: 4711 };
  if (!fate.isAnswered || faults.mute.appends) return;
  if (fate.delayMs > 0) setTimeout(() => answer(outcome), fate.delayMs);
  else answer(outcome);
}

function unaryAppend(endpoint, call, answer) {
  endpoint.counts.unaryAppends += 1;
  const refused = refusedCall(call, endpoint);
  let [options, events] = [undefined, []];
  call.on('data', (request) => {
    if (request.hasOptions()) options = request.getOptions();
    else events.push(eventOf(request.getProposedMessage()));
  });
  call.on('end', async () => {
    // Given up on the way looks like an end at first: what has arrived is not the whole append then.
    await nextTurn();
    if (call.cancelled) return;
    if (refused) {
      answer(refused);
      return;
    }
    const name = streamNameOf(options.getStreamIdentifier());
    const expected = expectedOf(options, () => options.getRevision());
    await perform(endpoint, { name, expected, events }, (outcome) => {
      answerUnary(answer, name, expected, outcome);
    });
  });
}

function answerUnary(answer, name, expected, { outcome, revision, position, current, limit }) {
  if (outcome === 'deleted') return answer(streamDeleted(name));
  if (outcome === 'tooLarge') return answer(appendTooLarge(limit));
  const response = new streams.AppendResp();
  if (outcome === 'ok') {
    const success = new streams.AppendResp.Success().setCurrentRevision(String(revision));
    success.setPosition(withPosition(new streams.AppendResp.Position(), position));
    return answer(null, response.setSuccess(success));
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (current === undefined) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(current));
  if (typeof expected === 'number') wrong.setExpectedRevision(String(expected));
  else if (expected === 'noStream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'exists') wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedAny(new shared.Empty());
  return answer(null, response.setWrongExpectedVersion(wrong));
}

function batchAppend(endpoint, call) {
  const pending = new Map();
  const refused = refusedCall(call, endpoint);
  call.on('error', () => undefined);
  if (refused) {
    call.emit('error', refused);
    return;
  }
  call.on('data', (request) => {
    const id = uuidOf(request.getCorrelationId());
    const append = pending.get(id) ?? { options: request.getOptions(), events: [] };
    pending.set(id, append);
    append.events.push(...request.getProposedMessagesList().map(eventOf));
    if (!request.getIsFinal()) return;
    pending.delete(id);
    endpoint.counts.batchAppends += 1;
    const name = streamNameOf(append.options.getStreamIdentifier());
    const expected = expectedOf(append.options, () => append.options.getStreamPosition());
    void perform(endpoint, { name, expected, events: append.events }, (outcome) => {
      const response = batchResponse(name, expected, outcome);
      call.write(response.setCorrelationId(uuid(id)).setStreamIdentifier(streamIdentifier(name)));
    });
  });
  call.on('end', () => call.end());
}

function batchResponse(name, expected, outcome) {
  const response = new streams.BatchAppendResp();
  if (typeof expected === 'number') response.setStreamPosition(String(expected));
  else if (expected === 'noStream') response.setNoStream(new GoogleEmpty());
  if (outcome.outcome !== 'ok') return response.setError(batchError(name, expected, outcome));
  const success = new streams.BatchAppendResp.Success().setCurrentRevision(String(outcome.revision));
  return response.setSuccess(
    success.setPosition(withPosition(new shared.AllStreamPosition(), outcome.position)),
  );
}

// google.rpc.Status with what happened packed into an Any
function batchError(name, expected, { outcome, current, limit }) {
  if (outcome === 'deleted') {
    const deleted = new shared.StreamDeleted().setStreamIdentifier(streamIdentifier(name));
    return status('StreamDeleted', 'event_store.client.StreamDeleted', deleted);
  }
  if (outcome === 'tooLarge') {
    const tooLarge = new shared.MaximumAppendSizeExceeded().setMaxappendsize(limit);
    return status('MaximumAppendSizeExceeded', 'event_store.client.MaximumAppendSizeExceeded', tooLarge);
  }
  const wrong = new shared.WrongExpectedVersion();
  if (current === undefined) wrong.setCurrentNoStream(new GoogleEmpty());
  else wrong.setCurrentStreamRevision(String(current));
  if (typeof expected === 'number') wrong.setExpectedStreamPosition(String(expected));
  else if (expected === 'noStream') wrong.setExpectedNoStream(new GoogleEmpty());
  else wrong.setExpectedAny(new GoogleEmpty());
  return status('WrongExpectedVersion', 'event_store.client.WrongExpectedVersion', wrong);
}

function status(message, typeName, detail) {
  const packed = new Any();
  packed.pack(detail.serializeBinary(), typeName);
  return new Status().setCode(CODE_FAILED_PRECONDITION).setMessage(message).setDetails(packed);
}

function deletion(endpoint, call, answer, method, Response) {
  const refused = refusedCall(call, endpoint);
  if (refused) return answer(refused);
  const options = call.request.getOptions();
  const name = streamNameOf(options.getStreamIdentifier());
  const expected = expectedOf(options, () => options.getRevision());
  const { outcome, position, current } = endpoint.log[method](name, expected);
  if (outcome === 'deleted') return answer(streamDeleted(name));
  if (outcome === 'conflict') return answer(wrongExpectedVersion(name, expected, current));
  return answer(null, new Response().setPosition(withPosition(new Response.Position(), position)));
}

function expectedOf(options, revision) {
  if (options.hasNoStream()) return 'noStream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return Number(revision());
}

function eventOf(message) {
  const described = message.getMetadataMap();
  return {
    id: uuidOf(message.getId()),
    type: described.get('type'),
    contentType: described.get('content-type'),
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  };
}

function withPosition(message, position) {
  const text = position === undefined ? NO_POSITION : String(position);
  message.setCommitPosition(text);
  message.setPreparePosition(text);
  return message;
}
