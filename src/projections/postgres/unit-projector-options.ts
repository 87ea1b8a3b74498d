import type { Logger } from 'pino';
import type { EventStore } from '../../event-store/event-store.js';
import type { PostgresOptions } from '../../read-model/postgres-connection.js';
import type { ProjectionUnit } from '../projection.js';
import type { OpenEvents } from './log-reader.js';
import type { Names } from './names.js';

export interface UnitProjectorOptions {
  readonly unit: ProjectionUnit;
  readonly store: EventStore;
  readonly open: OpenEvents;
  readonly database: PostgresOptions;
  readonly names: Names;
  readonly logger: Logger;
}
