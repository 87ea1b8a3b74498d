import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '@eventstore/db-client';
import { toMessages, toStoredEvent } from './event-messages.js';

const ID = '8b2c7f0e-53f4-4d9a-9a0e-0d7f5a0c1b2e';

const recorded = (changed: Partial<RecordedEvent>): RecordedEvent =>
  ({
    id: ID,
    type: 'UserProvisioned',
    streamId: 'scim.acme.user-1',
    revision: 3n,
    isJson: true,
    created: new Date(0),
    data: { a: 1 },
    metadata: { b: 2 },
    position: { commit: 12n, prepare: 12n },
    ...changed,
  }) as RecordedEvent;

describe('events on their way to the client', () => {
  it('are canonical: metadata as its bytes, data with its members in order', () => {
    const {
      events: [message],
    } = toMessages('scim.acme.user-1', [
      { id: ID, type: 'UserProvisioned', data: { b: 'ü', a: 1 }, metadata: { z: 1, $a: 2 } },
    ]);

    expect(JSON.stringify(message?.data)).toBe('{"a":1,"b":"ü"}');
    expect(Buffer.from(message?.metadata as Uint8Array).toString()).toBe('{"$a":2,"z":1}');
  });
});

describe('events that come from the client', () => {
  it('have the revision as a number and a position that sorts', () => {
    expect(toStoredEvent(recorded({}))).toEqual({
      id: ID,
      type: 'UserProvisioned',
      data: { a: 1 },
      metadata: { b: 2 },
      stream: 'scim.acme.user-1',
      revision: 3,
      position: '00000000000000000012/00000000000000000012',
    });
  });

  it('have empty metadata where none was written', () => {
    expect(toStoredEvent(recorded({ metadata: undefined })).metadata).toEqual({});
  });

  it.each([
    { data: Uint8Array.from([1]) },
    { data: 'text that is no JSON' },
    { metadata: Uint8Array.from([1]) },
  ])('are refused when they are no JSON objects: %o', (changed) => {
    expect(() => toStoredEvent(recorded(changed as Partial<RecordedEvent>))).toThrow(
      `Event ${ID} (scim.acme.user-1@3) is not JSON`,
    );
  });

  it('are refused from a server that tells no position', () => {
    const none = 2n ** 64n - 1n;

    expect(() => toStoredEvent(recorded({ position: { commit: none, prepare: none } }))).toThrow('22.6');
  });
});
