import { deepEqual, isEmptyObject, isJsonObject, type Json } from '../json.js';
import type { ResourceAttributes } from '../schema/parse-resource.js';
import type { AttributeNode } from '../schema/resource-schema.js';

/** A resource while operations change it. What is not changed is shared with the resource it began as. */
export class ResourceDraft {
  private attributes: ResourceAttributes;

  constructor(current: ResourceAttributes) {
    this.attributes = current;
  }

  /** The resource as it is now: nothing unassigned, no empty extension. */
  get result(): ResourceAttributes {
    return this.attributes;
  }

  get({ path, definition }: AttributeNode): Json | undefined {
    return this.container(path.urn)[definition.name];
  }

  /** @param value undefined unassigns the attribute, and so does a value with nothing in it */
  set({ path, definition }: AttributeNode, value: Json | undefined): void {
    const container = this.container(path.urn);
    const assigned = isEmpty(value) ? undefined : value;
    if (deepEqual(container[definition.name], assigned)) return;
    const changed = withMember(container, definition.name, assigned);
    if (path.urn === undefined) this.attributes = changed;
    else
      this.attributes = withMember(this.attributes, path.urn, isEmptyObject(changed) ? undefined : changed);
  }

  /** Drops all data of an extension. */
  drop(urn: string): void {
    if (this.attributes[urn] !== undefined) this.attributes = withMember(this.attributes, urn, undefined);
  }

  private container(urn: string | undefined): ResourceAttributes {
    if (urn === undefined) return this.attributes;
    const data = this.attributes[urn];
    return isJsonObject(data) ? data : {};
  }
}

function withMember(
  container: ResourceAttributes,
  name: string,
  value: Json | undefined,
): ResourceAttributes {
  if (value !== undefined) return { ...container, [name]: value };
  const { [name]: _dropped, ...rest } = container;
  return rest;
}

function isEmpty(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && isEmptyObject(value);
}
