import { randomUUID } from 'node:crypto';
import { type PipeTransform, ValidationPipe } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { CommandContext } from '../../event-store/envelope/command-context.js';
import type { DirectoryReader } from '../../projections/directory/directory.reader.js';
import { invalidRequest, Problem } from './problem.js';

/** Validates admin API bodies and queries by their DTO; what the DTO does not name is refused. */
export const VALIDATED: PipeTransform = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  exceptionFactory: invalidRequest,
});

/** The context of a command that an administrator gives. */
export function adminContext(request: FastifyRequest, tenant: string): CommandContext {
  const commandId = randomUUID();
  return {
    commandId,
    correlationId: request.id,
    tenant,
    actor: { kind: 'admin', id: 'admin', label: 'Administrator' },
    request: {
      id: request.id,
      method: request.method,
      path: request.url.split('?', 1)[0] ?? '',
      ip: request.ip,
    },
    occurredAt: new Date().toISOString(),
  };
}

/** @throws Problem 404 when there is no such tenant */
export async function requireTenant(directory: DirectoryReader, slug: string): Promise<void> {
  if (!(await directory.tenant(slug))) throw new Problem(404, `There is no tenant '${slug}'.`);
}
