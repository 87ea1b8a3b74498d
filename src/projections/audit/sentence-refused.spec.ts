import { describe, expect, it } from '@jest/globals';
import type { AuditEntry } from './audit-entry.js';
import { refusedSentence } from './sentence-refused.js';

type Refusal = NonNullable<AuditEntry['refusal']>;

const actor = { kind: 'token', id: 't1', label: 'Entra' };

describe('the sentence of a refused write', () => {
  it.each<[AuditEntry['operation'], string, string]>([
    ['create', 'a user', 'Entra tried to create a user and was refused: nothing was there (404).'],
    ['update', 'user "ada"', 'Entra tried to change user "ada" and was refused: nothing was there (404).'],
    ['delete', 'user "ada"', 'Entra tried to delete user "ada" and was refused: nothing was there (404).'],
    ['other', 'a resource', 'Entra tried to write a resource and was refused: nothing was there (404).'],
  ])('says what was tried: %s', (operation, subject, sentence) => {
    const entry = { actor, operation, refusal: { status: 404, fingerprints: {} } };

    expect(refusedSentence(entry, subject)).toBe(sentence);
  });

  it.each<[Omit<Refusal, 'fingerprints'>, string]>([
    [
      { status: 409, scimType: 'uniqueness', attribute: 'userName' },
      'userName was already in use (409 uniqueness)',
    ],
    [{ status: 409, scimType: 'uniqueness' }, 'a unique value was already in use (409 uniqueness)'],
    [
      { status: 400, scimType: 'invalidValue', attribute: 'name.givenName' },
      'the value of name.givenName was missing or not accepted (400 invalidValue)',
    ],
    [{ status: 400, scimType: 'invalidValue' }, 'a value was missing or not accepted (400 invalidValue)'],
    [
      { status: 400, scimType: 'mutability', attribute: 'groups' },
      'groups cannot be changed this way (400 mutability)',
    ],
    [{ status: 400, scimType: 'mutability' }, 'an attribute cannot be changed this way (400 mutability)'],
    [
      { status: 400, scimType: 'invalidPath' },
      'the path of an operation was not understood (400 invalidPath)',
    ],
    [{ status: 400, scimType: 'invalidFilter' }, 'a filter was not understood (400 invalidFilter)'],
    [{ status: 400, scimType: 'noTarget' }, 'an operation had nothing to act on (400 noTarget)'],
    [{ status: 400, scimType: 'invalidSyntax' }, 'the request was malformed (400 invalidSyntax)'],
    [{ status: 400, scimType: 'invalidVers' }, 'the protocol version is not supported (400 invalidVers)'],
    [{ status: 400, scimType: 'tooMany' }, 'the request was not accepted (400 tooMany)'],
    [{ status: 403 }, 'it is not allowed (403)'],
    [{ status: 405 }, 'this cannot be done there (405)'],
    [{ status: 406 }, 'the answer was wanted in a format that is not spoken (406)'],
    [{ status: 412 }, 'it had changed meanwhile (412)'],
    [{ status: 413 }, 'the request was too large (413)'],
    [{ status: 415 }, 'the body was in a format that is not spoken (415)'],
    [{ status: 418 }, 'the request was not accepted (418)'],
  ])('says why: %j', (refusal, reason) => {
    const entry = { actor, operation: 'update' as const, refusal: { ...refusal, fingerprints: {} } };

    expect(refusedSentence(entry, 'user "ada"')).toBe(
      `Entra tried to change user "ada" and was refused: ${reason}.`,
    );
  });
});
