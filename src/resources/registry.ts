import { groupType } from './group/index.js';
import type { ResourceType } from './resource-type.js';
import { userType } from './user/index.js';

/** Every resource type the product serves. */
export const RESOURCE_TYPES: readonly ResourceType[] = [userType, groupType];

const byName = new Map(RESOURCE_TYPES.map((type) => [type.name, type]));
const byEndpoint = new Map(RESOURCE_TYPES.map((type) => [type.endpoint, type]));
const byCategory = new Map(RESOURCE_TYPES.map((type) => [type.category, type]));

export function resourceTypeNamed(name: string): ResourceType | undefined {
  return byName.get(name);
}

export function resourceTypeAt(endpoint: string): ResourceType | undefined {
  return byEndpoint.get(endpoint);
}

export function resourceTypeOfCategory(category: string): ResourceType | undefined {
  return byCategory.get(category);
}
