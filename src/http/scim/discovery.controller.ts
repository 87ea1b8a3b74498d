import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../config/config.js';
import { SCHEMAS, SERVICE_PROVIDER_CONFIG, resourceTypeDocument, schemaDocument } from './discovery.js';
import { RESOURCE_TYPES, resourceTypeNamed } from '../../resources/registry.js';
import type { JsonObject } from '../../scim/json.js';
import { listResponse } from '../../scim/messages/list-response.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { SCIM_BASES } from './resources.controller.js';
import { sendScim } from './scim-reply.js';
import { principalOf, scimBaseUrl } from './scim-request.js';

/** What the service supports (RFC 7644 §4). */
@Controller(SCIM_BASES)
export class DiscoveryController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get('ServiceProviderConfig')
  serviceProviderConfig(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    refuseFilter(request);
    const location = `${this.#base(request)}/ServiceProviderConfig`;
    sendScim(reply, 200, {
      ...SERVICE_PROVIDER_CONFIG,
      meta: { resourceType: 'ServiceProviderConfig', location },
    });
  }

  @Get('ResourceTypes')
  resourceTypes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    checkRequest(request);
    sendList(
      reply,
      RESOURCE_TYPES.map((type) => resourceTypeDocument(type, this.#base(request))),
    );
  }

  @Get('ResourceTypes/:name')
  resourceType(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    checkRequest(request);
    const type = resourceTypeNamed(name);
    if (!type) throw scimErrors.notFound('ResourceType', name);
    sendScim(reply, 200, resourceTypeDocument(type, this.#base(request)));
  }

  @Get('Schemas')
  schemas(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    checkRequest(request);
    sendList(
      reply,
      SCHEMAS.map((schema) => schemaDocument(schema, this.#base(request))),
    );
  }

  @Get('Schemas/:urn')
  schema(@Param('urn') urn: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    checkRequest(request);
    const wanted = urn.toLowerCase();
    const schema = SCHEMAS.find(({ id }) => id.toLowerCase() === wanted);
    if (!schema) throw scimErrors.notFound('Schema', urn);
    sendScim(reply, 200, schemaDocument(schema, this.#base(request)));
  }

  #base(request: FastifyRequest): string {
    return scimBaseUrl(request, this.config.publicUrl);
  }
}

// Types and schemas may differ from tenant to tenant: they are for the tenant's own clients (DEC DIS-07).
function checkRequest(request: FastifyRequest): void {
  principalOf(request);
  refuseFilter(request);
}

// Sorting and paging are ignored here, filtering is refused (RFC 7644 §4).
function refuseFilter(request: FastifyRequest): void {
  const { filter } = request.query as Record<string, unknown>;
  if (filter !== undefined)
    throw scimErrors.forbidden('Discovery endpoints take no filter: read them whole.');
}

function sendList(reply: FastifyReply, resources: readonly JsonObject[]): void {
  sendScim(reply, 200, listResponse({ resources, totalResults: resources.length, startIndex: 1 }));
}
