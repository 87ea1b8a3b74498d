import type { JsonObject } from '../scim/json.js';
import type { ResourceSchema } from '../scim/schema/resource-schema.js';

/** What a resource's attributes look like between PATCH, events and tables: no `id`, `meta` or `schemas`. */
export type ResourceAttributes = JsonObject;

/** One element of an attribute that is kept as a set beside the resource, such as a group's `members`. */
export interface Member {
  readonly value: string;
  /** Name of the member's resource type. */
  readonly type: string;
}

/**
 * The names under which what happens to a resource is stored, forever.
 * A `fact` is an attribute whose change is an event of its own.
 */
export interface Vocabulary {
  readonly created: string;
  readonly changed: string;
  readonly deleted: string;
  /** The attribute whose change is a rename. */
  readonly renamed?: { readonly path: string; readonly event: string };
  /** A boolean attribute whose flip is a fact. */
  readonly switched?: { readonly path: string; readonly on: string; readonly off: string };
  readonly members?: { readonly added: string; readonly removed: string; readonly cleared: string };
}

/** An attribute that names another resource by id, such as `manager`. */
export interface ReferenceAttribute {
  /** Canonical notation of the complex attribute; its `value` sub-attribute holds the id. */
  readonly path: string;
  readonly resourceType: string;
}

/**
 * Everything the product knows about one type of resource. A new type is one of these and a line in the registry:
 * commands, projections, readers and controllers are generic over it.
 */
export interface ResourceType {
  /** RFC 7643 §6 `name`, for example `User`. */
  readonly name: string;
  /** RFC 7643 §6 `endpoint` without the slash, for example `Users`. */
  readonly endpoint: string;
  readonly description: string;
  /** Category in the stream name, for example `user` in `scim.acme.user-…`. */
  readonly category: string;
  readonly schema: ResourceSchema;
  /** Values are sealed under a key of the resource's own, whose destruction erases them. */
  readonly isPersonal: boolean;
  readonly vocabulary: Vocabulary;
  /** Attributes whose value only one resource of a tenant may hold; decided by claim streams. */
  readonly uniqueAttributes: readonly string[];
  /** Attribute that names a resource to people. */
  readonly labelAttribute: string;
  /** Canonical paths of simple values that filters find by index. */
  readonly indexedPaths: readonly string[];
  readonly references: readonly ReferenceAttribute[];
  /** A multi-valued attribute kept as a set of ids, never loaded with the resource. */
  readonly members?: { readonly attribute: string; readonly resourceTypes: readonly string[] };
  /** The read-only attribute that shows which resources hold this one as a member. */
  readonly membershipAttribute?: string;
  /** Values of attributes that a create or replace leaves out (RFC 7644 §3.3). */
  readonly defaults: ResourceAttributes;
  /** What a successful PATCH answers (Entra: user 200, group 204). */
  readonly patchAnswer: 'resource' | 'noContent';
}
