import { Injectable, Optional } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OwnCommits } from '../../event-store/own-commits.js';
import { parseStreamName } from '../../event-store/stream-names.js';
import { DirectoryReader } from '../../projections/directory/directory.reader.js';
import type { TenantToken } from '../../projections/directory/tokens/tokens.projection.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { hashesMatch, hashToken } from '../../tenants/secret-token.js';
import type { Principal } from './principal.js';

const CONCERNED = new Set(['token', 'tenant']);
const MAX_KNOWN = 10_000;
const BEARER = /^Bearer +([^\s]+) *$/i;

/** Bearer tokens of tenants. Runs before a body is read. */
@Injectable()
export class ScimAuth {
  readonly #known = new Map<string, TenantToken>();
  readonly #remembers: boolean;

  constructor(
    private readonly directory: DirectoryReader,
    @Optional() commits?: OwnCommits,
  ) {
    this.#remembers = commits !== undefined;
    // Where every change of the log is committed by this process, what was read holds until one concerns a token.
    commits?.onCommitted((events) => {
      if (events.some(({ stream }) => CONCERNED.has(parseStreamName(stream)?.category ?? '')))
        this.#known.clear();
    });
  }

  /**
   * The principal of a request to a SCIM endpoint.
   * @param pathTenant tenant that the URL names, if any; the token must belong to it
   * @throws ScimError 401 with one text for every cause, so that nothing can be guessed from it
   */
  async authenticate(request: FastifyRequest, pathTenant: string | undefined): Promise<Principal> {
    const secret = bearerToken(request);
    if (secret === undefined) throw scimErrors.unauthorized();
    const hash = hashToken(secret);
    const token = this.#known.get(hash) ?? (await this.#find(hash));
    const isValid =
      token !== undefined &&
      hashesMatch(token.hash, hash) &&
      (token.expiresAt === null || Date.parse(token.expiresAt) > Date.now()) &&
      (pathTenant === undefined || pathTenant === token.tenant);
    if (!isValid) throw scimErrors.unauthorized();
    const tenant = { slug: token.tenant, profile: token.profile };
    return { tenant, actor: { kind: 'token', id: token.id, label: token.name } };
  }

  async #find(hash: string): Promise<TenantToken | undefined> {
    const token = await this.directory.tokenByHash(hash);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    if (token && this.#remembers) this.#known.set(hash, token);
    return token;
  }
}

/** The token of an Authorization header (RFC 6750 §2.1). */
export function bearerToken(request: FastifyRequest): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}
