import { describe, expect, it } from '@jest/globals';
import type { AuditEntry, Subject } from './audit-entry.js';
import { sentenceOf } from './sentence.js';

type Entry = Omit<AuditEntry, 'sentence'>;

const ada: Subject = { type: 'User', id: 'u1', label: 'ada' };
const staff: Subject = { type: 'Group', id: 'g1', label: 'Staff' };
const named = (...labels: readonly string[]): readonly Subject[] =>
  labels.map((label, index) => ({ type: 'User', id: `u${index}`, label }));

const base: Entry = {
  id: 'c1.u1',
  position: '1',
  time: '2026-01-01T00:00:00.000Z',
  effectiveTime: '2026-01-01T00:00:00.000Z',
  tenant: 'acme',
  actor: { kind: 'token', id: 't1', label: 'Entra' },
  operation: 'update',
  outcome: 'success',
  resource: ada,
  changes: [],
  correlationId: 'c1',
  commandId: 'c1',
  stream: 'scim.acme.user-u1',
  revision: 0,
  leniencies: [],
};

describe('the sentence of an audit entry', () => {
  it.each<[string, Partial<Entry>]>([
    ['Entra created user "ada".', { operation: 'create', changes: [{ path: 'userName', after: 'ada' }] }],
    [
      'Entra created group "Staff"; added 2 members (ada, bob).',
      { operation: 'create', resource: staff, membersAdded: named('ada', 'bob') },
    ],
    ['Entra deleted user "ada".', { operation: 'delete', groupsLeft: [] }],
    [
      'Entra deleted user "ada"; it left Staff, g2.',
      { operation: 'delete', groupsLeft: [staff, { ...staff, id: 'g2', label: '' }] },
    ],
    [
      'Entra enabled user "ada", active from false to true.',
      { operation: 'enable', changes: [{ path: 'active', before: false, after: true }] },
    ],
    ['Entra disabled user "ada".', { operation: 'disable' }],
    [
      'Entra changed user "ada": title set to "Countess", nickName removed (was "A"), locale from "en" to "de".',
      {
        changes: [
          { path: 'title', after: 'Countess' },
          { path: 'nickName', before: 'A' },
          { path: 'locale', before: 'en', after: 'de' },
        ],
      },
    ],
    ['Entra changed user "ada": title changed.', { changes: [{ path: 'title' }] }],
    [
      'Entra changed user "ada": a set to 1, b set to 1, c set to 1, d set to 1, 2 more.',
      { changes: ['a', 'b', 'c', 'd', 'e', 'f'].map((path) => ({ path, after: 1 })) },
    ],
    [
      'Entra changed group "Staff": removed all 12 members, added 1 member (ada).',
      { resource: staff, membersCleared: 12, membersAdded: named('ada') },
    ],
    [
      'Entra changed group "Staff": displayName from "S" to "Staff"; removed 7 members (a, b, c, d, u4, 2 more).',
      {
        resource: staff,
        changes: [{ path: 'displayName', before: 'S', after: 'Staff' }],
        membersRemoved: named('a', 'b', 'c', 'd', '', 'f', 'g'),
      },
    ],
    [
      'Entra changed user "u1": title set to "x".',
      { resource: { ...ada, label: '' }, changes: [{ path: 'title', after: 'x' }] },
    ],
    [
      'Entra registered tenant "acme".',
      { operation: 'registerTenant', resource: { type: 'Tenant', id: 'acme', label: 'acme' } },
    ],
    [
      'Entra issued token "CI".',
      { operation: 'issueToken', resource: { type: 'Token', id: 't1', label: 'CI' } },
    ],
    [
      'Entra revoked token "CI".',
      { operation: 'revokeToken', resource: { type: 'Token', id: 't1', label: 'CI' } },
    ],
    [
      'Entra tried to create a user and was refused: userName was already in use (409 uniqueness).',
      {
        operation: 'create',
        outcome: 'refused',
        resource: { type: 'User', id: '', label: '' },
        refusal: { status: 409, scimType: 'uniqueness', attribute: 'userName', fingerprints: {} },
      },
    ],
    [
      'Entra tried to write a resource and was refused: nothing was there (404).',
      {
        operation: 'other',
        outcome: 'refused',
        resource: { type: 'Resource', id: '', label: '' },
        refusal: { status: 404, fingerprints: {} },
      },
    ],
    [
      'Entra counted 5 refusals without recording each: too many within a minute.',
      { operation: 'suppressRefusals', resource: { type: 'Tenant', id: 'acme', label: '5 refusals' } },
    ],
    ['Entra did something to user "ada".', { operation: 'other' }],
    ['Entra changed user "ada".', {}],
    ['Entra tried to change user "ada" and was refused.', { outcome: 'refused' }],
    [
      'Entra revoked token "t2".',
      { operation: 'revokeToken', resource: { type: 'Token', id: 't2', label: '' } },
    ],
    [
      'Entra changed user "ada": manager.value from "grace" to "u9", title set to "u8".',
      {
        changes: [
          { path: 'manager.value', before: 'u8', after: 'u9' },
          { path: 'title', after: 'u8' },
        ],
        references: [{ path: 'manager.value', type: 'User', id: 'u8', label: 'grace' }],
      },
    ],
  ])('%s', (sentence, parts) => {
    expect(sentenceOf({ ...base, ...parts })).toBe(sentence);
  });

  it('cuts no character in two', () => {
    for (const length of [75, 76, 77, 78, 79]) {
      const after = `${'x'.repeat(length)}😀😀😀`;

      expect(sentenceOf({ ...base, changes: [{ path: 'title', after }] }).isWellFormed()).toBe(true);
    }
  });

  it('shortens long values', () => {
    const sentence = sentenceOf({ ...base, changes: [{ path: 'title', after: 'x'.repeat(500) }] });

    expect(sentence).toContain(`"${'x'.repeat(78)}…`);
    expect(sentence.length).toBeLessThan(150);
  });
});
