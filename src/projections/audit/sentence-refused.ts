// A refused write as a person would tell it: what was tried, and why it did not happen.
import type { AuditEntry, Operation } from './audit-entry.js';

type Refusal = NonNullable<AuditEntry['refusal']>;

const TRIED: Readonly<Partial<Record<Operation, string>>> = {
  create: 'create',
  update: 'change',
  delete: 'delete',
};

/** @param subject the resource as sentences name it */
export function refusedSentence(
  { actor, operation, refusal }: Pick<AuditEntry, 'actor' | 'operation' | 'refusal'>,
  subject: string,
): string {
  const tried = `${actor.label} tried to ${TRIED[operation] ?? 'write'} ${subject} and was refused`;
  if (!refusal) return `${tried}.`;
  const { status, scimType } = refusal;
  const code = scimType === undefined ? status : `${status} ${scimType}`;
  return `${tried}: ${byScimType(refusal) ?? byStatus(refusal)} (${code}).`;
}

function byScimType({ scimType, attribute }: Refusal): string | undefined {
  switch (scimType) {
    case 'uniqueness':
      return `${attribute ?? 'a unique value'} was already in use`;
    case 'invalidValue':
      return `${attribute === undefined ? 'a value' : `the value of ${attribute}`} was missing or not accepted`;
    case 'mutability':
      return `${attribute ?? 'an attribute'} cannot be changed this way`;
    case 'invalidPath':
      return 'the path of an operation was not understood';
    case 'invalidFilter':
      return 'a filter was not understood';
    case 'noTarget':
      return 'an operation had nothing to act on';
    case 'invalidSyntax':
      return 'the request was malformed';
    case 'invalidVers':
      return 'the protocol version is not supported';
    default:
      return undefined;
  }
}

const BY_STATUS: Readonly<Record<number, string>> = {
  403: 'it is not allowed',
  404: 'nothing was there',
  405: 'this cannot be done there',
  406: 'the answer was wanted in a format that is not spoken',
  412: 'it had changed meanwhile',
  413: 'the request was too large',
  415: 'the body was in a format that is not spoken',
};

function byStatus({ status }: Refusal): string {
  return BY_STATUS[status] ?? 'the request was not accepted';
}
