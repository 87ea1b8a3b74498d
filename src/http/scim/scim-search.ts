// Lists and searches: one resource type, or all of them at the root.
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../config/config.js';
import { DirectoryReader } from '../../projections/directory/directory.reader.js';
import { RESOURCE_TYPES } from '../../resources/registry.js';
import type { ResourceType } from '../../resources/resource-type.js';
import { bindFilter, type BindOptions } from '../../scim/filter/bind.js';
import { parseFilter } from '../../scim/filter/parser.js';
import { bindSort, compareSortKeys, sortKey, type BoundSort } from '../../scim/filter/sort.js';
import type { JsonObject } from '../../scim/json.js';
import { LeniencyUse } from '../../scim/leniency.js';
import type { ListQuery } from '../../scim/messages/list-query.js';
import { listResponse } from '../../scim/messages/list-response.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { parseSelection } from '../../scim/schema/selection.js';
import { leniencySetOf, principalOf, scimBaseUrl } from './scim-request.js';

/** Most resources in one answer; published as `filter.maxResults`. */
export const MAX_RESULTS = 1000;

/** Most resources that a query over all types may match (RFC 7644 §3.4.2.1, `tooMany`). */
const MAX_ROOT_RESULTS = 1000;

/** Where a filter stands: in a URL, which ends up in logs, or in a body (RFC 7644 §7.5.2). */
export type FilterPlace = 'query' | 'body';

@Injectable()
export class ScimSearch {
  constructor(
    private readonly directory: DirectoryReader,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** A page of one type's resources (RFC 7644 §3.4.2). */
  async list(
    request: FastifyRequest,
    type: ResourceType,
    query: ListQuery,
    place: FilterPlace,
  ): Promise<JsonObject> {
    const { slug, profile } = principalOf(request).tenant;
    const leniencies = new LeniencyUse(leniencySetOf(profile));
    const filter =
      query.filter === undefined
        ? undefined
        : bindFilter(parseFilter(query.filter, leniencies), type.schema, leniencies, sensitiveAt(place));
    const selection = parseSelection(type.schema, query);
    const sort = query.sortBy === undefined ? undefined : bindSort(query.sortBy, type.schema, leniencies);
    const baseUrl = scimBaseUrl(request, this.config.publicUrl);
    const { total, resources } = await this.directory.search({
      tenant: slug,
      type: type.name,
      filter,
      sort: sort && { by: sort, isDescending: query.sortOrder === 'descending' },
      offset: query.startIndex - 1,
      count: Math.min(query.count ?? MAX_RESULTS, MAX_RESULTS),
      baseUrl,
    });
    const rendered = await this.directory.renderAll(slug, type, resources, selection, baseUrl);
    return listResponse({ resources: rendered, totalResults: total, startIndex: query.startIndex });
  }

  /** A page over all types (RFC 7644 §3.4.2.1): an attribute that a type lacks counts as having no value. */
  async listAll(request: FastifyRequest, query: ListQuery, place: FilterPlace): Promise<JsonObject> {
    const perType = await Promise.all(
      RESOURCE_TYPES.map((type) => this.#matchesOf(request, type, query, place)),
    );
    const matches = perType.flat();
    if (matches.length > MAX_ROOT_RESULTS)
      throw scimErrors.tooMany(`${MAX_ROOT_RESULTS} matches at the root`);
    if (query.sortBy !== undefined) {
      matches.sort((a, b) => compareSortKeys(a.sortKey, b.sortKey, query.sortOrder));
    }
    const count = Math.min(query.count ?? MAX_RESULTS, MAX_RESULTS);
    const page = matches.slice(query.startIndex - 1, query.startIndex - 1 + count);
    return listResponse({
      resources: page.map(({ resource }) => resource),
      totalResults: matches.length,
      startIndex: query.startIndex,
    });
  }

  async #matchesOf(request: FastifyRequest, type: ResourceType, query: ListQuery, place: FilterPlace) {
    const { slug, profile } = principalOf(request).tenant;
    const leniencies = new LeniencyUse(leniencySetOf(profile));
    const filter =
      query.filter === undefined
        ? undefined
        : bindFilter(parseFilter(query.filter, leniencies), type.schema, leniencies, {
            ...sensitiveAt(place),
            unknownAttributes: 'noValue',
          });
    const baseUrl = scimBaseUrl(request, this.config.publicUrl);
    const { total, resources } = await this.directory.search({
      tenant: slug,
      type: type.name,
      filter,
      sort: undefined,
      offset: 0,
      count: MAX_ROOT_RESULTS,
      baseUrl,
    });
    if (total > MAX_ROOT_RESULTS) throw scimErrors.tooMany(`${MAX_ROOT_RESULTS} matches at the root`);
    const selection = parseSelection(type.schema, query);
    const rendered = await this.directory.renderAll(slug, type, resources, selection, baseUrl);
    const sort = sortOf(query, type, leniencies);
    // By the stored attributes: the selection may leave out what is sorted by.
    return rendered.map((resource, index) => ({
      resource,
      sortKey: sort && sortKey(sort, { ...resource, ...resources[index]?.state.attributes }),
    }));
  }
}

// RFC 7644 §7.5.2: a secret has no place in a URL.
function sensitiveAt(place: FilterPlace): BindOptions {
  return { sensitive: place === 'query' ? 'forbidden' : 'invalidFilter' };
}

function sortOf(query: ListQuery, type: ResourceType, leniencies: LeniencyUse): BoundSort | undefined {
  const isKnown = query.sortBy !== undefined && type.schema.resolve(query.sortBy, leniencies) !== undefined;
  return isKnown && query.sortBy !== undefined ? bindSort(query.sortBy, type.schema, leniencies) : undefined;
}
