import { attribute, MAX_NAME_LENGTH, type SchemaDefinition } from '../../scim/schema/attribute.js';

/** RFC 7643 §4.2, §8.7.1. */
export const groupSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'Group',
  attributes: [
    // Required by the text of RFC 7643 §4.2 and erratum 5368; the printed schema says otherwise.
    attribute('displayName', {
      description: 'A human-readable name for the Group. REQUIRED.',
      required: true,
      maxLength: MAX_NAME_LENGTH,
    }),
    // RFC 7643 §4.2: members are added and removed, never changed. `display` stands in the RFC's examples but not
    // in the printed schema; it is the member's own name and so readOnly.
    attribute('members', {
      multiValued: true,
      description: 'A list of members of the Group.',
      subAttributes: [
        attribute('value', {
          description: 'Identifier of the member of this Group.',
          required: true,
          mutability: 'immutable',
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('$ref', {
          type: 'reference',
          description: 'The URI corresponding to a SCIM resource that is a member of this Group.',
          mutability: 'immutable',
          referenceTypes: ['User', 'Group'],
        }),
        attribute('type', {
          description: "A label indicating the type of resource, e.g., 'User' or 'Group'.",
          canonicalValues: ['User', 'Group'],
          mutability: 'immutable',
        }),
        attribute('display', {
          description: 'A human-readable name of the member, primarily used for display purposes.',
          mutability: 'readOnly',
        }),
      ],
    }),
  ],
};
