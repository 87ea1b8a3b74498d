import { describe, expect, it } from '@jest/globals';
import { getAt, setAt, valuesAt } from './attribute-paths.js';

const URN = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ada = {
  userName: 'ada',
  name: { givenName: 'Ada' },
  emails: [{ value: 'a@x.example', type: 'work' }, { type: 'home' }, { value: 'b@x.example' }],
  [URN]: { department: 'R&D', manager: { value: 'm1' } },
};

describe('reading an attribute by its path', () => {
  it.each([
    ['userName', 'ada'],
    ['name.givenName', 'Ada'],
    ['name.familyName', undefined],
    ['nothing.at', undefined],
    ['userName.sub', undefined],
    [`${URN}:department`, 'R&D'],
    [`${URN}:manager.value`, 'm1'],
    [`${URN}:manager`, { value: 'm1' }],
    ['urn:example:other:2.0:User:x', undefined],
    ['emails.value', undefined],
  ])('%s', (path, expected) => {
    expect(getAt(ada, path)).toEqual(expected);
  });
});

describe('reading all values at a path', () => {
  it.each([
    ['emails.value', ['a@x.example', 'b@x.example']],
    ['emails', ada.emails],
    ['userName', ['ada']],
    ['name.givenName', ['Ada']],
    [`${URN}:manager.value`, ['m1']],
    ['title', []],
    ['title.value', []],
    ['userName.value', []],
    ['urn:example:other:2.0:User:x', []],
  ])('%s', (path, expected) => {
    expect(valuesAt(ada, path)).toEqual(expected);
  });
});

describe('setting an attribute by its path', () => {
  it('gives a copy and leaves the original alone', () => {
    const before = structuredClone(ada);

    expect(setAt(ada, 'name.givenName', 'A')).toMatchObject({ name: { givenName: 'A' } });
    expect(ada).toEqual(before);
  });

  it('makes the containers that are missing', () => {
    expect(setAt({}, `${URN}:manager.value`, 'm1')).toEqual({ [URN]: { manager: { value: 'm1' } } });
  });

  it('[PAT-25] drops the containers that become empty', () => {
    expect(
      setAt({ userName: 'ada', [URN]: { manager: { value: 'm1' } } }, `${URN}:manager.value`, undefined),
    ).toEqual({ userName: 'ada' });
  });

  it('unassigns what is not assigned without a trace', () => {
    expect(setAt(ada, 'nickName', undefined)).toEqual(ada);
    expect(setAt(ada, 'addresses.country', undefined)).toEqual(ada);
  });

  it('replaces a value that is no container by one when something is set below it', () => {
    expect(setAt({ name: 'Ada' }, 'name.givenName', 'Ada')).toEqual({ name: { givenName: 'Ada' } });
  });
});
