// Writes the directory a batch at a time, for a database where each statement is a journey.
import type { LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { internKind } from '../../read-model/documents.js';
import { GatheredDocuments, type Wanted } from '../../read-model/gathered-documents.js';
import { GatheredLinks } from '../../read-model/gathered-links.js';
import type { Script } from '../../read-model/script.js';
import { resourceTypeOfCategory } from '../../resources/registry.js';
import type { ResourceType } from '../../resources/resource-type.js';
import type { ProjectionWriter } from '../projection.js';
import { projectDirectory, storedValues } from './directory.projection.js';
import { MEMBERSHIP, membersOf } from './memberships/memberships.projection.js';

export class GatheringDirectoryWriter implements ProjectionWriter {
  readonly #documents: GatheredDocuments;
  readonly #memberships = new GatheredLinks(MEMBERSHIP);

  constructor(isBulkLoad: boolean) {
    this.#documents = new GatheredDocuments({ isIndexed: !isBulkLoad });
  }

  *prepare(events: readonly LedgerEvent[]): Script<void> {
    const wanted: Wanted[] = [];
    for (const event of events) {
      const stream = parseStreamName(event.stream);
      const type = stream && resourceTypeOfCategory(stream.category);
      if (!stream || !type) continue;
      // What is created is not there yet.
      if (event.type !== type.vocabulary.created) {
        const kind = yield* internKind(this.#documents.interned, stream.tenant, type.name);
        wanted.push({ kind, id: stream.id, isWhole: true });
      }
      wanted.push(...(yield* this.#members(stream.tenant, type, event)));
    }
    yield* this.#documents.prepare(wanted);
  }

  *#members(tenant: string, type: ResourceType, event: LedgerEvent): Script<readonly Wanted[]> {
    const { added, removed } = type.vocabulary.members ?? {};
    if (event.type !== added && event.type !== removed) return [];
    const wanted: Wanted[] = [];
    for (const memberType of type.members?.resourceTypes ?? []) {
      const kind = yield* internKind(this.#documents.interned, tenant, memberType);
      for (const { value } of membersOf(event)) wanted.push({ kind, id: value, isWhole: false });
    }
    return wanted;
  }

  *apply(event: LedgerEvent): Script<void> {
    yield* projectDirectory({ documents: this.#documents, memberships: this.#memberships }, event);
  }

  *flush(): Script<void> {
    yield* this.#documents.flush();
    yield* this.#memberships.flush();
  }

  beginBulkLoad(): Script<void> {
    return this.#documents.begin();
  }

  *finishBulkLoad(): Script<void> {
    yield* this.#documents.finish(storedValues);
  }

  forget(): void {
    this.#documents.forget();
    this.#memberships.forget();
  }
}
