// One document for each resource that exists, whatever its type: its state as its events tell it.
import type { LedgerEvent } from '../../../event-store/envelope/ledger-event.js';
import type { StreamName } from '../../../event-store/stream-names.js';
import {
  internKind,
  type Document,
  type DocumentContent,
  type Documents,
} from '../../../read-model/documents.js';
import { run, type Script } from '../../../read-model/script.js';
import { getAt } from '../../../resources/attribute-paths.js';
import { evolve, type ResourceState } from '../../../resources/evolve.js';
import type { ResourceType } from '../../../resources/resource-type.js';
import { indexedValues } from './indexed-values.js';

export const RESOURCE_TABLES: readonly string[] = [
  // Ids are never reused; references to a gone resource render as unassigned.
  `CREATE TABLE gone (kind INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID`,
];

/** What became of the resource's document, for the projections that follow from it. */
export interface ProjectedResource {
  readonly kind: number;
  readonly key: number;
  readonly isGone: boolean;
}

export function stateOf(document: Pick<Document, 'body'>): ResourceState {
  // Written below as a ResourceState.
  return JSON.parse(document.body) as ResourceState;
}

function contentOf(type: ResourceType, id: string, state: ResourceState): DocumentContent {
  return {
    id,
    label: labelOf(type, state),
    state,
    values: () => indexedValues(type, state),
  };
}

function labelOf(type: ResourceType, { attributes }: ResourceState): string {
  const label = getAt(attributes, 'displayName') ?? getAt(attributes, type.labelAttribute);
  return typeof label === 'string' ? label : '';
}

export function* projectResource(
  documents: Documents,
  type: ResourceType,
  { tenant, id }: StreamName,
  event: LedgerEvent,
): Script<ProjectedResource | undefined> {
  const kind = yield* internKind(documents.interned, tenant, type.name);
  const happened = { ...event, occurredAt: event.metadata.occurredAt };
  if (event.type === type.vocabulary.created) {
    const state = evolve(type, undefined, happened);
    return { kind, key: yield* documents.insert(kind, contentOf(type, id, state)), isGone: false };
  }
  const document = yield* documents.find(kind, id);
  if (!document) return undefined;
  // Written below as a ResourceState.
  const before = document.state as ResourceState;
  const after = evolve(type, before, happened);
  if (after.isDeleted) {
    yield* documents.remove(document, () => indexedValues(type, before));
    yield* run('INSERT INTO gone (kind, id) VALUES (?, ?)', kind, id);
  } else {
    yield* documents.update(document, () => indexedValues(type, before), contentOf(type, id, after));
  }
  return { kind, key: document.key, isGone: after.isDeleted };
}
