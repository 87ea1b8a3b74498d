import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { openEmbeddedLedger } from './embedded.js';
import type { Ledger } from './ledger.js';

/**
 * Opens what the settings name.
 *
 * @throws DataDirInUse, SecretKeyError, KeyStoreUnavailable, ConfigError
 */
export async function openLedger(config: Config, logger: Logger): Promise<Ledger> {
  return openEmbeddedLedger(config, logger);
}
