import { Controller, Delete, Get, Inject, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CreateResource } from '../../commands/create-resource.command.js';
import { DeleteResource } from '../../commands/delete-resource.command.js';
import { PatchResource } from '../../commands/patch-resource.command.js';
import { ReplaceResource } from '../../commands/replace-resource.command.js';
import type { ResourceCommandContext, ResourceResult } from '../../commands/resource-command.js';
import type { Target } from '../../commands/write-resource.js';
import { uuidV7 } from '../../event-store/envelope/uuid.js';
import { DirectoryReader } from '../../projections/directory/directory.reader.js';
import { resourceTypeAt } from '../../resources/registry.js';
import type { ResourceType } from '../../resources/resource-type.js';
import { isJsonObject, type Json, type JsonObject } from '../../scim/json.js';
import { parseListQuery, parseSearchRequest, type ListQuery } from '../../scim/messages/list-query.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { parseSelection, type Selection } from '../../scim/schema/selection.js';
import { CONFIG, type Config } from '../../config/config.js';
import { etagOf, sendEmpty, sendScim } from './scim-reply.js';
import { commandContext, leniencySetOf, principalOf, scimBaseUrl, versionsOf } from './scim-request.js';
import { ScimSearch } from './scim-search.js';

export const SCIM_BASES = ['scim/v2', 't/:tenant/scim/v2'];

type Query = Record<string, string | string[] | undefined>;

/** `/{endpoint}` and `/{endpoint}/{id}` of every resource type (RFC 7644 §3). */
@Controller(SCIM_BASES)
export class ResourcesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly directory: DirectoryReader,
    private readonly search: ScimSearch,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get(':endpoint')
  async list(
    @Param('endpoint') endpoint: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const query = parseListQuery(request.query as Query);
    sendScim(reply, 200, await this.search.list(request, typeAt(endpoint), query, 'query'));
  }

  @Post(':endpoint/.search')
  async searchType(
    @Param('endpoint') endpoint: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const query = parseSearchRequest(bodyOf(request));
    sendScim(reply, 200, await this.search.list(request, typeAt(endpoint), query, 'body'));
  }

  @Post(':endpoint')
  async create(
    @Param('endpoint') endpoint: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const type = typeAt(endpoint);
    const selection = selectionOf(type, request);
    const body = objectBodyOf(request);
    const command = new CreateResource(this.#context(request, type), uuidV7(), body);
    const result = await this.commands.execute(command);
    const { resource, headers } = await this.#answer(request, type, result, selection);
    sendScim(reply, 201, resource, headers);
  }

  @Get(':endpoint/:id')
  async get(
    @Param('endpoint') endpoint: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const type = typeAt(endpoint);
    const query = parseListQuery(request.query as Query);
    // RFC 7644 §3.4.2.1 would let a filter address one resource; DEC GET-09: not offered.
    if (query.filter !== undefined)
      throw scimErrors.invalidFilter('one resource takes no filter; query its endpoint');
    const selection = parseSelection(type.schema, query);
    const found = await this.directory.resource(principalOf(request).tenant.slug, type, id);
    if (!found) throw scimErrors.notFound(type.name, id);
    const known = versionsOf(request.headers['if-none-match']);
    if (known === '*' || known?.includes(found.state.revision)) {
      return sendEmpty(reply, 304, { ETag: etagOf(found.state.revision) });
    }
    const { resource, headers } = await this.#answer(request, type, found, selection);
    sendScim(reply, 200, resource, headers);
  }

  @Put(':endpoint/:id')
  async replace(
    @Param('endpoint') endpoint: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const type = typeAt(endpoint);
    const selection = selectionOf(type, request);
    const command = new ReplaceResource(
      this.#context(request, type),
      targetOf(request, id),
      objectBodyOf(request),
    );
    const { resource, headers } = await this.#answer(
      request,
      type,
      await this.commands.execute(command),
      selection,
    );
    sendScim(reply, 200, resource, headers);
  }

  @Patch(':endpoint/:id')
  async patch(
    @Param('endpoint') endpoint: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const type = typeAt(endpoint);
    const query = parseListQuery(request.query as Query);
    const selection = parseSelection(type.schema, query);
    const command = new PatchResource(this.#context(request, type), targetOf(request, id), bodyOf(request));
    const result = await this.commands.execute(command);
    // RFC 7644 §3.5.2: with `attributes` the answer is 200 with a body, whatever the type answers otherwise.
    if (type.patchAnswer === 'noContent' && query.attributes === undefined) {
      return sendEmpty(reply, 204, { ETag: etagOf(result.state.revision) });
    }
    const { resource, headers } = await this.#answer(request, type, result, selection);
    sendScim(reply, 200, resource, headers);
  }

  @Delete(':endpoint/:id')
  async remove(
    @Param('endpoint') endpoint: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const context = this.#context(request, typeAt(endpoint));
    await this.commands.execute(new DeleteResource(context, targetOf(request, id)));
    sendEmpty(reply, 204);
  }

  #context(request: FastifyRequest, type: ResourceType): ResourceCommandContext {
    const { profile } = principalOf(request).tenant;
    return { context: commandContext(request), type, leniencies: leniencySetOf(profile) };
  }

  async #answer(request: FastifyRequest, type: ResourceType, result: ResourceResult, selection: Selection) {
    const baseUrl = scimBaseUrl(request, this.config.publicUrl);
    const { slug } = principalOf(request).tenant;
    const resource = await this.directory.render(slug, type, result, selection, baseUrl);
    const location = `${baseUrl}/${type.endpoint}/${result.id}`;
    // RFC 7643 §3.1 names Content-Location, RFC 7644's examples Location: DEC COM-06 sends both.
    const headers = {
      Location: location,
      'Content-Location': location,
      ETag: etagOf(result.state.revision),
    };
    return { resource, headers };
  }
}

function typeAt(endpoint: string): ResourceType {
  const type = resourceTypeAt(endpoint);
  if (!type) throw scimErrors.endpointNotFound(`/${endpoint}`);
  return type;
}

function selectionOf(type: ResourceType, request: FastifyRequest): Selection {
  const query: ListQuery = parseListQuery(request.query as Query);
  return parseSelection(type.schema, query);
}

function targetOf(request: FastifyRequest, id: string): Target {
  return { id, ifMatch: versionsOf(request.headers['if-match']) };
}

/** @throws ScimError `invalidSyntax` for a request without body */
export function bodyOf(request: FastifyRequest): Json {
  // Parsed by our own content type parser, which gives JSON or nothing.
  const body = request.body as Json | undefined;
  if (body === undefined)
    throw scimErrors.invalidSyntax('The request has no body: a JSON object is expected.');
  return body;
}

function objectBodyOf(request: FastifyRequest): JsonObject {
  const body = bodyOf(request);
  if (!isJsonObject(body)) throw scimErrors.invalidSyntax('The body must be a JSON object.');
  return body;
}
