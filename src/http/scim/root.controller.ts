import { All, Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseListQuery, parseSearchRequest } from '../../scim/messages/list-query.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { bodyOf, SCIM_BASES } from './resources.controller.js';
import { sendScim } from './scim-reply.js';
import { ScimSearch } from './scim-search.js';

/** The base URL itself: queries over all types, and what RFC 7644 names that is not supported. */
@Controller(SCIM_BASES)
export class RootController {
  constructor(private readonly search: ScimSearch) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const query = parseListQuery(request.query as Record<string, string | string[] | undefined>);
    sendScim(reply, 200, await this.search.listAll(request, query, 'query'));
  }

  @Post('.search')
  async searchAll(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    sendScim(reply, 200, await this.search.listAll(request, parseSearchRequest(bodyOf(request)), 'body'));
  }

  // RFC 7644 §3.12: 501 for what the protocol names and this server does not do.
  @All('Bulk')
  bulk(): never {
    throw scimErrors.notImplemented('Bulk');
  }

  @All('Me')
  me(): never {
    throw scimErrors.notImplemented('/Me');
  }
}
