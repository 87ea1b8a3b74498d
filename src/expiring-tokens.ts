// A token that expires unnoticed puts Entra's job into quarantine: operators are told in time, and again every day.
import type { Logger } from 'pino';
import type { DirectoryReader } from './projections/directory/directory.reader.js';
import { daysToExpiry } from './tenants/secret-token.js';

const A_DAY_MS = 24 * 60 * 60 * 1000;

/** A token of which operators are to be warned. */
export interface ExpiringToken {
  readonly id: string;
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  /** Whole days, the one that has begun included. */
  readonly daysLeft: number;
}

/** The valid tokens of a tenant that expire soon. */
export async function expiringTokens(
  directory: Pick<DirectoryReader, 'tokens'>,
  tenant: string,
): Promise<readonly ExpiringToken[]> {
  const tokens = await directory.tokens(tenant);
  return tokens.flatMap(({ id, name, expiresAt, revokedAt }) => {
    const daysLeft = revokedAt === null ? daysToExpiry(expiresAt) : undefined;
    return expiresAt === null || daysLeft === undefined ? [] : [{ id, name, expiresAt, daysLeft }];
  });
}

/**
 * Warns now and once a day in the log.
 * @returns ends the warning
 */
export function warnOfExpiry(
  directory: Pick<DirectoryReader, 'tokens'>,
  tenant: string,
  logger: Pick<Logger, 'warn'>,
): () => void {
  const warn = async (): Promise<void> => {
    try {
      for (const token of await expiringTokens(directory, tenant)) {
        logger.warn({ tenant, token }, 'a token expires soon: issue another and give it to its client');
      }
    } catch (error) {
      // The read model's own checks tell what ails it; tomorrow is another day.
      logger.warn({ err: error }, 'tokens could not be looked up for their expiry');
    }
  };
  void warn();
  const timer = setInterval(() => void warn(), A_DAY_MS).unref();
  return () => clearInterval(timer);
}
