import type { Actor } from '../../event-store/envelope/command-context.js';
import type { Tenant } from '../../projections/directory/tenants/tenants.projection.js';

/** Who a request comes from: a tenant's token. */
export interface Principal {
  readonly tenant: Tenant;
  readonly actor: Actor;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication before the body is read; absent on anonymous requests. */
    principal?: Principal;
  }
}
