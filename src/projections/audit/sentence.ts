// An audit entry as a person would tell it.
import type { Json } from '../../scim/json.js';
import type { AuditEntry, Subject } from './audit-entry.js';
import { refusedSentence } from './sentence-refused.js';

const NAMED_MEMBERS = 5;
const SHOWN_CHANGES = 4;
const SHOWN_LENGTH = 80;

export function sentenceOf(entry: Omit<AuditEntry, 'sentence'>): string {
  const actor = entry.actor.label;
  const subject = nameOf(entry.resource);
  if (entry.outcome === 'refused') return refusedSentence(entry, subject);
  const tail = [membersPhrase(entry), leftPhrase(entry)].filter((phrase) => phrase !== '').join('; ');
  const end = tail === '' ? '.' : `; ${tail}.`;
  switch (entry.operation) {
    case 'create':
      return `${actor} created ${subject}${end}`;
    case 'delete':
      return `${actor} deleted ${subject}${end}`;
    case 'enable':
      return `${actor} enabled ${subject}${alsoChanged(entry)}${end}`;
    case 'disable':
      return `${actor} disabled ${subject}${alsoChanged(entry)}${end}`;
    case 'update':
      return updateSentence(entry, subject, tail);
    case 'registerTenant':
      return `${actor} registered ${subject}.`;
    case 'issueToken':
      return `${actor} issued ${subject}.`;
    case 'revokeToken':
      return `${actor} revoked ${subject}.`;
    case 'suppressRefusals':
      return `${actor} counted ${entry.resource.label} without recording each: too many within a minute.`;
    default:
      return `${actor} did something to ${subject}.`;
  }
}

function nameOf({ type, label, id }: Subject): string {
  const name = label || id;
  return name === '' ? `a ${type.toLowerCase()}` : `${type.toLowerCase()} ${quoted(name)}`;
}

function updateSentence(entry: Omit<AuditEntry, 'sentence'>, subject: string, tail: string): string {
  const what = [changesPhrase(entry), tail].filter((part) => part !== '').join('; ');
  return `${entry.actor.label} changed ${subject}${what === '' ? '' : `: ${what}`}.`;
}

function alsoChanged(entry: Omit<AuditEntry, 'sentence'>): string {
  const changed = changesPhrase(entry);
  return changed === '' ? '' : `, ${changed}`;
}

function changesPhrase({ changes, references }: Pick<AuditEntry, 'changes' | 'references'>): string {
  const shown = changes.slice(0, SHOWN_CHANGES).map(({ path, before, after }) => {
    const named = (value: Json | undefined): Json | undefined =>
      references?.find((reference) => reference.path === path && reference.id === value)?.label ?? value;
    return `${path} ${fromTo(named(before), named(after))}`;
  });
  const more = changes.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function fromTo(before: Json | undefined, after: Json | undefined): string {
  if (before === undefined) return after === undefined ? 'changed' : `set to ${shortened(after)}`;
  if (after === undefined) return `removed (was ${shortened(before)})`;
  return `from ${shortened(before)} to ${shortened(after)}`;
}

function membersPhrase(entry: Omit<AuditEntry, 'sentence'>): string {
  const phrases = [
    entry.membersCleared === undefined ? '' : `removed all ${entry.membersCleared} members`,
    listed('removed', entry.membersRemoved),
    listed('added', entry.membersAdded),
  ];
  return phrases.filter((phrase) => phrase !== '').join(', ');
}

function leftPhrase({ groupsLeft }: Pick<AuditEntry, 'groupsLeft'>): string {
  return groupsLeft && groupsLeft.length > 0 ? `it left ${list(groupsLeft)}` : '';
}

function listed(verb: string, members: readonly Subject[] | undefined): string {
  if (!members || members.length === 0) return '';
  return `${verb} ${members.length} ${members.length === 1 ? 'member' : 'members'} (${list(members)})`;
}

function list(subjects: readonly Subject[]): string {
  const shown = subjects.slice(0, NAMED_MEMBERS).map(({ label, id }) => label || id);
  const more = subjects.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function quoted(text: string): string {
  return `"${text}"`;
}

function shortened(value: Json): string {
  const text = JSON.stringify(value);
  // Never half of a surrogate pair.
  return text.length <= SHOWN_LENGTH
    ? text
    : `${text.slice(0, SHOWN_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
