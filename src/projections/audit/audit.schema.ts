// What an audit entry can be filtered by, described as SCIM attributes so that one grammar serves users and audit.
import { attribute, type SchemaDefinition } from '../../scim/schema/attribute.js';
import { compileResourceSchema } from '../../scim/schema/resource-schema.js';

const exact = { caseExact: true } as const;
const subject = [attribute('type'), attribute('id', exact), attribute('label')];

const definition: SchemaDefinition = {
  id: 'urn:scim-ledger:schemas:AuditEntry',
  name: 'AuditEntry',
  description: 'What one command did to one resource, or why it was refused',
  attributes: [
    attribute('position', exact),
    attribute('time', { type: 'dateTime' }),
    attribute('effectiveTime', { type: 'dateTime' }),
    attribute('actor', {
      type: 'complex',
      subAttributes: [attribute('kind'), attribute('id', exact), attribute('label')],
    }),
    attribute('operation'),
    attribute('outcome'),
    attribute('resource', { type: 'complex', subAttributes: subject }),
    attribute('sentence'),
    attribute('changes', {
      type: 'complex',
      multiValued: true,
      subAttributes: [attribute('path'), attribute('before'), attribute('after')],
    }),
    attribute('references', {
      type: 'complex',
      multiValued: true,
      subAttributes: [attribute('path'), ...subject],
    }),
    attribute('membersAdded', { type: 'complex', multiValued: true, subAttributes: subject }),
    attribute('membersRemoved', { type: 'complex', multiValued: true, subAttributes: subject }),
    attribute('groupsLeft', { type: 'complex', multiValued: true, subAttributes: subject }),
    attribute('refusal', {
      type: 'complex',
      subAttributes: [
        attribute('status', { type: 'integer' }),
        attribute('scimType'),
        attribute('attribute'),
      ],
    }),
    attribute('request', {
      type: 'complex',
      subAttributes: [
        attribute('id', exact),
        attribute('method'),
        attribute('path', exact),
        attribute('ip'),
        attribute('userAgent'),
      ],
    }),
    attribute('correlationId', exact),
    attribute('commandId', exact),
    attribute('stream', exact),
    attribute('revision', { type: 'integer' }),
    attribute('leniencies', { multiValued: true, caseExact: true }),
  ],
};

export const auditSchema = compileResourceSchema({
  name: 'AuditEntry',
  core: definition,
  commonAttributes: [],
});
