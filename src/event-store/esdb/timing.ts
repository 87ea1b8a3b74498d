// How long the adapter waits. No request may take more than 10 s: it reads (once or twice), appends, and waits for
// its projection (3 s).

export interface EsdbTiming {
  /** First attempt to append; then its outcome is unknown and the same events are sent again. */
  readonly appendAttemptMs: number;
  /** All attempts of one append together. */
  readonly appendMs: number;
  /** The longest silence in a read that waits for more. */
  readonly readSilenceMs: number;
  /** First and longest pause before a dropped subscription begins again. */
  readonly resubscribeMs: { readonly first: number; readonly longest: number };
}

export const DEFAULT_TIMING: EsdbTiming = {
  appendAttemptMs: 1500,
  appendMs: 4000,
  readSilenceMs: 2000,
  resubscribeMs: { first: 100, longest: 5000 },
};

/** Resolves after a time, or at once when the signal is aborted. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const timer = setTimeout(resolve, ms);
  const stop = () => resolve();
  signal?.addEventListener('abort', stop, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  });
}

/** What came in time, or that nothing did. The promise that came too late is left alone, its failure included. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), ms);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
