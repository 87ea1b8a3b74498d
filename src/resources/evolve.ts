// From events to a resource's state. Never throws and never validates: history is true.
import { isJsonObject, type Json, type JsonObject } from '../scim/json.js';
import { setAt } from './attribute-paths.js';
import {
  CLAIM_ABANDONED,
  PROVISIONING_ABANDONED,
  type AttributeChange,
  type HappenedEvent,
} from './events.js';
import type { ResourceAttributes, ResourceType } from './resource-type.js';

/** A resource as its events tell it. Members are kept apart (see `ResourceType.members`). */
export interface ResourceState {
  readonly attributes: ResourceAttributes;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly lastModified: string;
  /** Revision of the resource's stream; the resource's version. */
  readonly revision: number;
  /** Or can never be created. */
  readonly isDeleted: boolean;
}

/** The state after `event`, given the state before it (undefined before the first). */
export function evolve(
  type: ResourceType,
  state: ResourceState | undefined,
  event: HappenedEvent,
): ResourceState {
  if (state && event.type === CLAIM_ABANDONED) return { ...state, revision: event.revision };
  const attributes = evolveAttributes(type, state?.attributes ?? {}, event);
  return {
    attributes,
    created: state?.created ?? event.occurredAt,
    lastModified: event.occurredAt,
    revision: event.revision,
    isDeleted: state?.isDeleted === true || isLast(type, event),
  };
}

function isLast({ vocabulary }: ResourceType, event: HappenedEvent): boolean {
  return event.type === vocabulary.deleted || event.type === PROVISIONING_ABANDONED;
}

function evolveAttributes(
  type: ResourceType,
  attributes: ResourceAttributes,
  { type: event, data }: HappenedEvent,
): ResourceAttributes {
  const { created, changed, renamed, switched } = type.vocabulary;
  if (event === created) return objectOf(data['attributes']);
  if (event === changed) return changesOf(data).reduce(applyChange, attributes);
  if (event === renamed?.event) return setAt(attributes, renamed.path, data['after']);
  if (event === switched?.on) return setAt(attributes, switched.path, true);
  if (event === switched?.off) return setAt(attributes, switched.path, false);
  return attributes;
}

/** The attribute changes an event of kind `changed` carries. */
export function changesOf(data: JsonObject): readonly AttributeChange[] {
  const changes = data['changes'];
  // Written by decide.ts in this shape.
  return Array.isArray(changes) ? (changes as readonly unknown[] as readonly AttributeChange[]) : [];
}

function applyChange(attributes: ResourceAttributes, change: AttributeChange): ResourceAttributes {
  return setAt(attributes, change.path, change.after);
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
