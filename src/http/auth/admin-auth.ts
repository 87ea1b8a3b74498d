import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hashesMatch, hashToken } from '../../tenants/secret-token.js';
import { bearerToken } from './scim-auth.js';

/** The bearer token of the admin API and the console. */
@Injectable()
export class AdminAuth {
  readonly #hash: string;

  constructor(adminToken: string) {
    this.#hash = hashToken(adminToken);
  }

  admits(request: FastifyRequest): boolean {
    const secret = bearerToken(request);
    return secret !== undefined && hashesMatch(hashToken(secret), this.#hash);
  }
}
