// Streams are named scim.{tenant}.{category}-{id}.

export const STREAM_PREFIX = 'scim.';

/** What the name of every claim stream contains, and of no other. */
export const CLAIM_MARK = '.claim-';

/** The pseudo-tenant of what belongs to the whole ledger; no tenant slug starts with an underscore followed by it. */
export const LEDGER_TENANT = '_ledger';

export interface StreamName {
  readonly tenant: string;
  readonly category: string;
  readonly id: string;
}

export function streamName(tenant: string, category: string, id: string): string {
  return `${STREAM_PREFIX}${tenant}.${category}-${id}`;
}

/** The parts of a stream name; undefined when it is not one of ours. */
export function parseStreamName(stream: string): StreamName | undefined {
  if (!stream.startsWith(STREAM_PREFIX)) return undefined;
  const dot = stream.indexOf('.', STREAM_PREFIX.length);
  const dash = stream.indexOf('-', dot);
  if (dot < 0 || dash < 0) return undefined;
  return {
    tenant: stream.slice(STREAM_PREFIX.length, dot),
    category: stream.slice(dot + 1, dash),
    id: stream.slice(dash + 1),
  };
}
