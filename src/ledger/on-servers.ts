// Read models in PostgreSQL, made from a log in EventStoreDB that many processes share, or from this process's own.
import type { Logger } from 'pino';
import { ConfigError, isServer, type Config } from '../config/config.js';
import { EventCodec } from '../event-store/envelope/event-codec.js';
import { StoreMisconfigured, StoreUnavailable } from '../event-store/errors.js';
import { openEsdbEventStore } from '../event-store/esdb/esdb-event-store.js';
import { EventLog } from '../event-store/event-log.js';
import type { EventStore, StoredEvent } from '../event-store/event-store.js';
import { ProbedHealth } from '../event-store/probed-health.js';
import { KeyStoreUnavailable } from '../keys/errors.js';
import { openPostgresKeys } from '../keys/postgres-keys.js';
import { loadSecretKey } from '../keys/secret-key.js';
import { HeldWrites } from '../projections/held-writes.js';
import { ReadModelRefused, refusalOf } from '../projections/postgres/refusal.js';
import { ServerReadModels } from '../projections/postgres/server-read-models.js';
import { DatabaseUnavailable } from '../read-model/postgres-errors.js';
import type { Ledger } from './ledger.js';
import { openLocalLog } from './local-log.js';
import { registeredFingerprint, registerSecretKey } from './secret-key-event.js';

/** The unit that a write must be readable in. */
const READ_AT_ONCE = 'directory';

type LogPart = Pick<Ledger, 'lock' | 'store' | 'health' | 'commits' | 'keys'> & {
  readonly codec: EventCodec;
  close(): Promise<void>;
};

/** @throws StoreMisconfigured, SecretKeyError, KeyStoreUnavailable, ReadModelRefused, DataDirInUse, ConfigError */
export async function openLedgerOnServers(config: Config, logger: Logger): Promise<Ledger> {
  const part = isServer(config.eventStore) ? await sharedLog(config, logger) : await ownLog(config);
  const { codec, lock, store, health, commits, keys } = part;
  let readModels: ServerReadModels | undefined;
  try {
    readModels = await openReadModels(config, part, logger);
    const models = readModels;
    const heldWrites = new HeldWrites(models.reached.bind(models), { unit: READ_AT_ONCE });
    const close = async (): Promise<void> => {
      heldWrites.close();
      await models.close();
      await part.close();
    };
    const log = new EventLog(store, codec, heldWrites);
    return { lock, store, health, commits, keys, log, readModels, heldWrites, close };
  } catch (error) {
    await readModels?.close();
    await part.close();
    throw error;
  }
}

async function openReadModels(
  { readModel, role }: Config,
  { store, codec, keys }: LogPart,
  logger: Logger,
): Promise<ServerReadModels> {
  // A log says its key before anything else: read models follow, so this is not held for them.
  if ((await registeredFingerprint(store)) === undefined)
    await registerSecretKey(new EventLog(store, codec), keys);
  const processName = `scim-ledger ${role} ${process.pid}`;
  const readModels = await naming('READ_MODEL', () =>
    ServerReadModels.open({ url: readModel, store, logger, processName }),
  );
  if (role === 'api') return readModels;
  readModels.project(async (events: readonly StoredEvent[]) => {
    await codec.ready(events);
    return [...codec.openAll(events)];
  });
  return readModels;
}

async function ownLog(config: Config): Promise<LogPart> {
  const local = await openLocalLog(config);
  const { lock, store, keys, codec } = local;
  return { lock, store, health: store, commits: store, keys, codec, close: () => local.close() };
}

async function sharedLog(config: Config, logger: Logger): Promise<LogPart> {
  const store = await naming('EVENT_STORE', () =>
    openEsdbEventStore(config.eventStore, {
      onSubscriptionDropped: (error) => logger.warn({ err: error }, 'subscription to the event log dropped'),
    }),
  );
  try {
    const keys = await naming('READ_MODEL', () => openSharedKeys(config, store));
    const close = async (): Promise<void> => {
      await store.close();
      await keys.close();
    };
    const health = new ProbedHealth(store);
    return { lock: undefined, store, health, commits: undefined, keys, codec: new EventCodec(keys), close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openSharedKeys({ secretKey: fromEnvironment, readModel }: Config, store: EventStore) {
  const expectedFingerprint = await registeredFingerprint(store);
  const logIsEmpty = expectedFingerprint === undefined;
  const secretKey = loadSecretKey({ dataDir: undefined, fromEnvironment, logIsEmpty, expectedFingerprint });
  return openPostgresKeys({ connectionString: readModel, secretKey, mustExist: !logIsEmpty });
}

// What cannot be reached or used at the start is a setting to be mended, and says which.
async function naming<T>(variable: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const refusal = variable === 'READ_MODEL' ? refusalIn(error) : undefined;
    const shown = refusal ?? (UNUSABLE.some((type) => error instanceof type) ? error : undefined);
    if (!(shown instanceof Error)) throw error;
    const message = shown.message.startsWith(variable) ? shown.message : `${variable}: ${shown.message}`;
    throw new ConfigError(message, { cause: error });
  }
}

// Keys say that they cannot be had, and why in their cause.
function refusalIn(error: unknown): ReadModelRefused | undefined {
  return refusalOf(error) ?? refusalOf(error instanceof Error ? error.cause : undefined);
}

const UNUSABLE = [
  StoreMisconfigured,
  StoreUnavailable,
  ReadModelRefused,
  DatabaseUnavailable,
  KeyStoreUnavailable,
];
