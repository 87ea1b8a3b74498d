import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { RecordRefusal, type Refusal } from '../../commands/record-refusal.command.js';
import { resourceTypeAt } from '../../resources/registry.js';
import type { ScimError } from '../../scim/messages/scim-error.js';
import { commandContext } from './scim-request.js';
import { isId, parseScimPath, type ScimPath } from './scim-url.js';

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
    const path = parseScimPath(request.url);
    const operation = OPERATIONS[request.method];
    if (!path || operation === undefined || !isRecorded(error) || !request.principal) return;
    if (path.segments.at(-1) === '.search') return;
    const refusal = { ...refusalOf(path, operation, error), body: request.body };
    await this.commands.execute(new RecordRefusal(commandContext(request), refusal));
  }
}

const NOT_RECORDED = new Set([401, 429]);

function isRecorded({ status }: ScimError): boolean {
  return status >= 400 && status < 500 && !NOT_RECORDED.has(status);
}

function refusalOf(path: ScimPath, operation: Refusal['operation'], error: ScimError): Refusal {
  const [endpoint = '', id] = path.segments;
  const type = resourceTypeAt(endpoint);
  return {
    operation: type ? operation : 'other',
    status: error.status,
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    ...(error.attribute === undefined ? {} : { attribute: error.attribute }),
    ...(type === undefined ? {} : { type }),
    ...(id === undefined || !isId(id) ? {} : { resourceId: id }),
  };
}
