// One call of the server as an iteration that ends for sure: with its last event, when nobody takes more, or when the
// server falls silent. The client by itself waits for ever.
import type { AllStreamSubscription, StreamingRead } from '@eventstore/db-client';
import { StoreUnavailable } from '../errors.js';

/** How often silence is looked for, in parts of the time that is allowed. */
const LOOKS = 4;

/** Where the owner of a call tells that something came which is no event. */
export interface Signs {
  touched?: () => void;
}

/**
 * @param silenceMs how long nothing may come while more is awaited; undefined waits for ever
 * @param signs gets the function to call when something else shows that the server is there
 * @throws StoreUnavailable on silence; the client's errors
 */
export async function* drain<E>(
  call: StreamingRead<E> | AllStreamSubscription,
  silenceMs?: number,
  signs: Signs = {},
): AsyncGenerator<E> {
  // the client reports failures after a reader has left, and an error without a listener ends the process
  call.on('error', () => undefined);
  let waitingSince: number | undefined = performance.now();
  signs.touched = () => {
    if (waitingSince !== undefined) waitingSince = performance.now();
  };
  const looks = watch(silenceMs, () => waitingSince, call);
  let isEnded = false;
  try {
    const events: AsyncIterable<E> = call.iterator({ destroyOnReturn: false });
    for await (const event of events) {
      waitingSince = undefined;
      yield event;
      waitingSince = performance.now();
    }
    isEnded = true;
  } finally {
    clearInterval(looks);
    if (!isEnded) leave(call);
  }
}

function watch(
  silenceMs: number | undefined,
  waitingSince: () => number | undefined,
  call: { destroy(error: Error): unknown },
): NodeJS.Timeout | undefined {
  if (silenceMs === undefined) return undefined;
  const looks = setInterval(() => {
    const since = waitingSince();
    if (since === undefined || performance.now() - since < silenceMs) return;
    call.destroy(new StoreUnavailable(`EventStoreDB does not answer: nothing came for ${silenceMs} ms`));
  }, silenceMs / LOOKS);
  return looks.unref();
}

// Cancels, and takes what is left: with anything left untaken the client keeps a call that has ended for ever.
function leave(call: StreamingRead<unknown> | AllStreamSubscription): void {
  const cancelled = 'cancel' in call ? call.cancel() : call.unsubscribe();
  cancelled.catch(() => undefined);
  call.resume();
}
