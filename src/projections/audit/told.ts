import type { AttributeChange } from '../../resources/events.js';
import type { AuditEntry, Operation, Subject } from './audit-entry.js';

/** What one event adds to its entry. */
export interface Told {
  readonly operation: Operation;
  readonly resource: Subject;
  readonly changes?: readonly AttributeChange[];
  readonly more?: Partial<
    Pick<
      AuditEntry,
      | 'references'
      | 'membersAdded'
      | 'membersRemoved'
      | 'membersCleared'
      | 'groupsLeft'
      | 'refusal'
      | 'outcome'
    >
  >;
}
