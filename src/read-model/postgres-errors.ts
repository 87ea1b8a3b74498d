// Which failures of PostgreSQL pass by themselves.

/** The read model's database cannot answer now (no connection, restarting, out of resources). Nothing was written. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

// SQLSTATE classes: 08 connection, 40 rollback (deadlock), 53 resources, 55 object in use, 57 operator, 58 system.
const PASSING_CLASSES = new Set(['08', '40', '53', '55', '57', '58']);
// 25006: the server we were connected to is a standby now.
const PASSING_STATES = new Set(['25006']);
const PASSING_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENOENT',
]);
// The client's own words; it gives these errors no code.
const PASSING_MESSAGES =
  /^(Connection terminated|timeout exc|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired)/;

/** Whether a failure says something of the connection or the server rather than of the statement. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string') return PASSING_MESSAGES.test(error.message);
  return PASSING_CODES.has(code) || PASSING_STATES.has(code) || PASSING_CLASSES.has(code.slice(0, 2));
}

/** The SQLSTATE of an error; undefined when it is not the server's. */
export function stateOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The same failure as callers tell it from others. */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || !isPassing(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DatabaseUnavailable(`the read model's database cannot be reached: ${reason}`, { cause: error });
}
