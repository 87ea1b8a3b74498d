import { compileResourceSchema } from '../../scim/schema/resource-schema.js';
import type { ResourceType } from '../resource-type.js';
import { enterpriseUserSchema, userSchema } from './user.schema.js';

const ENTERPRISE = enterpriseUserSchema.id;

export const userType: ResourceType = {
  name: 'User',
  endpoint: 'Users',
  description: 'User Account',
  category: 'user',
  schema: compileResourceSchema({
    name: 'User',
    core: userSchema,
    extensions: [{ schema: enterpriseUserSchema, required: false }],
  }),
  isPersonal: true,
  vocabulary: {
    created: 'UserProvisioned',
    changed: 'UserAttributesChanged',
    deleted: 'UserDeprovisioned',
    renamed: { path: 'userName', event: 'UserRenamed' },
    switched: { path: 'active', on: 'UserReactivated', off: 'UserDeactivated' },
  },
  uniqueAttributes: ['userName'],
  labelAttribute: 'userName',
  indexedPaths: [
    'userName',
    'externalId',
    'emails.value',
    'displayName',
    'active',
    `${ENTERPRISE}:employeeNumber`,
    `${ENTERPRISE}:manager.value`,
  ],
  references: [{ path: `${ENTERPRISE}:manager`, resourceType: 'User' }],
  membershipAttribute: 'groups',
  defaults: { active: true },
  patchAnswer: 'resource',
};
