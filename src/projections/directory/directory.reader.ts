// Answers every question about users, groups, tenants and tokens.
import { findDocument, findKind, type Document, type Interned } from '../../read-model/documents.js';
import { row, type Script } from '../../read-model/script.js';
import { SearchTooLong, type Found } from '../../read-model/search.js';
import type { Question } from '../../read-model/read-database.js';
import type { ResourceState } from '../../resources/evolve.js';
import type { ResourceType } from '../../resources/resource-type.js';
import type { JsonObject } from '../../scim/json.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { selectAttributes, type Selection } from '../../scim/schema/selection.js';
import type { LiveReadModels } from '../live-read-models.js';
import { renderResource } from './resources/render.js';
import { searchByIndex, type ResourceSearch } from './resources/resource-search.js';
import { stateOf } from './resources/resources.projection.js';
import { findTenant, type Tenant } from './tenants/tenants.projection.js';
import { findTokenByHash, tokensOf, type TenantToken, type Token } from './tokens/tokens.projection.js';

const UNIT = 'directory';

/** A resource as stored. */
export interface StoredResource {
  readonly id: string;
  readonly state: ResourceState;
}

export class DirectoryReader {
  constructor(private readonly models: LiveReadModels) {}

  async resource(tenant: string, type: ResourceType, id: string): Promise<StoredResource | undefined> {
    const document = await this.#ask((names) => findResource(names, tenant, type.name, id));
    return document && { id: document.id, state: stateOf(document) };
  }

  /** @throws ScimError `tooMany` when evaluation takes longer than a request may */
  async search(request: ResourceSearch): Promise<{ total: number; resources: readonly StoredResource[] }> {
    const found =
      (await this.#read((names) => searchByIndex(names, request))) ?? (await this.#searchInThread(request));
    return {
      total: found.total,
      resources: found.documents.map((document) => ({ id: document.id, state: stateOf(document) })),
    };
  }

  /** The resource as an answer shows it. */
  async render(
    tenant: string,
    type: ResourceType,
    { id, state }: StoredResource,
    selection: Selection,
    baseUrl: string,
  ): Promise<JsonObject> {
    const resource = await this.#ask((interned) =>
      renderResource({ interned, tenant, type, baseUrl }, id, state, selection),
    );
    return selectAttributes(type.schema, resource, selection);
  }

  async renderAll(
    tenant: string,
    type: ResourceType,
    resources: readonly StoredResource[],
    selection: Selection,
    baseUrl: string,
  ): Promise<readonly JsonObject[]> {
    const questions = resources.map(
      ({ id, state }): Question<JsonObject> =>
        (interned) =>
          renderResource({ interned, tenant, type, baseUrl }, id, state, selection),
    );
    const rendered = await this.models.database(UNIT).readEach(questions);
    return rendered.map((resource) => selectAttributes(type.schema, resource, selection));
  }

  /** The resource type of each id that exists, among the named types. */
  async typesOf(
    tenant: string,
    resourceTypes: readonly string[],
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    return this.#ask((names) => findTypes(names, tenant, resourceTypes, ids));
  }

  async tenant(slug: string): Promise<Tenant | undefined> {
    return this.#ask(() => findTenant(slug));
  }

  async tokenByHash(hash: string): Promise<TenantToken | undefined> {
    return this.#ask(() => findTokenByHash(hash));
  }

  async tokens(tenant: string): Promise<readonly Token[]> {
    return this.#ask(() => tokensOf(tenant));
  }

  async #searchInThread(request: ResourceSearch) {
    try {
      return await this.models.longQuery<Found>(UNIT, request);
    } catch (error) {
      if (!(error instanceof SearchTooLong)) throw error;
      throw scimErrors.tooMany(
        'a filter that no index serves must be narrowed by one, such as userName or externalId',
      );
    }
  }

  #ask<T>(question: Question<T>): T | Promise<T> {
    return this.models.database(UNIT).ask(question);
  }

  #read<T>(question: Question<T>): T | Promise<T> {
    return this.models.database(UNIT).read(question);
  }
}

function* findResource(
  interned: Interned,
  tenant: string,
  typeName: string,
  id: string,
): Script<Document | undefined> {
  const kind = yield* findKind(interned, tenant, typeName);
  return kind === undefined ? undefined : yield* findDocument(kind, id);
}

function* findTypes(
  interned: Interned,
  tenant: string,
  resourceTypes: readonly string[],
  ids: readonly string[],
): Script<ReadonlyMap<string, string>> {
  const types = new Map<string, string>();
  for (const resourceType of resourceTypes) {
    const kind = yield* findKind(interned, tenant, resourceType);
    if (kind === undefined) continue;
    for (const id of ids) {
      if (types.has(id)) continue;
      const found = yield* row<{ key: number }>(
        'SELECT key FROM document WHERE kind = ? AND id = ?',
        kind,
        id,
      );
      if (found) types.set(id, resourceType);
    }
  }
  return types;
}
