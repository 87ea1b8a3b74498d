import type { Logger } from 'pino';
import { isServer, type Config } from '../config/config.js';
import { openEmbeddedLedger } from './embedded.js';
import type { Ledger } from './ledger.js';

/**
 * Opens what the settings name.
 *
 * @throws DataDirInUse, SecretKeyError, KeyStoreUnavailable, StoreMisconfigured, ReadModelRefused, ConfigError
 */
export async function openLedger(config: Config, logger: Logger): Promise<Ledger> {
  if (!isServer(config.readModel)) return openEmbeddedLedger(config, logger);
  // Loaded only here: most processes need neither client.
  const { openLedgerOnServers } = await import('./on-servers.js');
  return openLedgerOnServers(config, logger);
}

/** Waits until requests can be answered: another process may be building the read models. @throws ReadModelBehind */
export async function readModelsBuilt({ readModels }: Ledger): Promise<void> {
  await readModels.built(BUILT_WITHIN_MS);
}

const BUILT_WITHIN_MS = 10 * 60 * 1000;
