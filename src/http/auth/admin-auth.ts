import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { hashesMatch, hashToken } from '../../tenants/secret-token.js';
import { bearerToken } from './scim-auth.js';

/** Injection token of the admin token: a string leaves nothing to inject by. */
export const ADMIN_TOKEN = Symbol('AdminToken');

/** The bearer token of the admin API and the console. */
@Injectable()
export class AdminAuth implements CanActivate {
  readonly #hash: string;

  constructor(@Inject(ADMIN_TOKEN) adminToken: string) {
    this.#hash = hashToken(adminToken);
  }

  /** Guards routes, not URLs: one path has many spellings. @throws ScimError 401 */
  canActivate(context: ExecutionContext): boolean {
    const secret = bearerToken(context.switchToHttp().getRequest<FastifyRequest>());
    if (secret === undefined || !hashesMatch(hashToken(secret), this.#hash)) throw scimErrors.unauthorized();
    return true;
  }
}
