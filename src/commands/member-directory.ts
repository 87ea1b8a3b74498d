/**
 * Tells which resources exist, for the one check that asks a read model: that a new member exists. A stale answer
 * does no harm, since projections drop members that are gone (RFC 7643 §2.3.7 asks for no referential integrity).
 */
export abstract class MemberDirectory {
  /** The resource type of each id that exists in the tenant, among the named types. */
  abstract typesOf(
    tenant: string,
    resourceTypes: readonly string[],
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
}
