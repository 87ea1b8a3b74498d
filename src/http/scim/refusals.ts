import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { RecordRefusal, type Refusal } from '../../commands/record-refusal.command.js';
import { resourceTypeAt } from '../../resources/registry.js';
import type { ScimError } from '../../scim/messages/scim-error.js';
import { commandContext } from './scim-request.js';
import { parseScimPath } from './scim-url.js';

const OPERATIONS: Readonly<Record<string, Refusal['operation']>> = {
  POST: 'create',
  PUT: 'replace',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Puts refused writes into the log: authenticated 4xx, but never 401 or 429 (those say nothing about a resource). */
@Injectable()
export class Refusals {
  constructor(private readonly commands: CommandBus) {}

  async record(request: FastifyRequest, error: ScimError): Promise<void> {
    const operation = OPERATIONS[request.method];
    const path = parseScimPath(request.url);
    const isRecorded =
      error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429;
    if (!isRecorded || operation === undefined || !path || !request.principal) return;
    const [endpoint = '', resourceId] = path.segments;
    if (path.segments.at(-1) === '.search') return;
    const type = resourceTypeAt(endpoint);
    const refusal: Refusal = {
      operation: type ? operation : 'other',
      status: error.status,
      body: request.body,
      ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
      ...(error.attribute === undefined ? {} : { attribute: error.attribute }),
      ...(type === undefined ? {} : { type }),
      ...(resourceId === undefined ? {} : { resourceId: decodeURIComponent(resourceId).slice(0, 100) }),
    };
    await this.commands.execute(new RecordRefusal(commandContext(request), refusal));
  }
}
