import { compileResourceSchema } from '../../scim/schema/resource-schema.js';
import type { ResourceType } from '../resource-type.js';
import { groupSchema } from './group.schema.js';

export const groupType: ResourceType = {
  name: 'Group',
  endpoint: 'Groups',
  description: 'Group',
  category: 'group',
  schema: compileResourceSchema({ name: 'Group', core: groupSchema, extensions: [] }),
  isPersonal: false,
  vocabulary: {
    created: 'GroupCreated',
    changed: 'GroupAttributesChanged',
    deleted: 'GroupDeleted',
    renamed: { path: 'displayName', event: 'GroupRenamed' },
    members: { added: 'GroupMembersAdded', removed: 'GroupMembersRemoved', cleared: 'GroupMembersCleared' },
  },
  uniqueAttributes: ['displayName'],
  labelAttribute: 'displayName',
  indexedPaths: ['displayName', 'externalId'],
  references: [],
  members: { attribute: 'members', resourceTypes: ['User', 'Group'] },
  defaults: {},
  patchAnswer: 'noContent',
};
