import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EventEnvelope, StoredEvent } from '../event-store.js';
import { canonicalJson, type JsonObject, parseJsonObject } from '../json.js';
import { hashOf, verifyHash, verifyStream } from './chain.js';
import type { CommandContext } from './command-context.js';
import { EventCodec, EventUnreadable, type SealRequest } from './event-codec.js';
import type { NewEvent } from './ledger-event.js';
import { eventKey, keyHashOf, unseal } from './seal.js';

const STREAM = 'scim.acme.user-1';

const context: CommandContext = {
  commandId: '0f0e0d0c-0b0a-4908-8706-050403020100',
  correlationId: 'corr-1',
  tenant: 'acme',
  actor: { kind: 'token', id: 't1', label: 'Entra' },
  request: {
    id: 'req-1',
    method: 'POST',
    path: '/scim/v2/Users',
    ip: '203.0.113.7',
    userAgent: 'Entra/1.0',
    correlation: { 'client-request-id': 'abc' },
  },
  occurredAt: '2026-01-02T03:04:05.678Z',
};

const provisioned: NewEvent = {
  type: 'UserProvisioned',
  schemaVersion: 1,
  data: { userName: 'ada@example.com', attributes: { name: { givenName: 'Ada' } } },
  clear: { paths: ['userName', 'name.givenName'] },
};

const created: NewEvent = { type: 'GroupCreated', schemaVersion: 1, data: { displayName: 'Staff' } };

class Keys {
  readonly map = new Map<number, Buffer>([[7, randomBytes(32)]]);

  userKey(keyId: number): Buffer | undefined {
    return this.map.get(keyId);
  }
}

/** As the store would return it to another process: from text. */
function stored({ id, type, dataJson, metadataJson }: EventEnvelope, revision = 0): StoredEvent {
  return {
    id,
    type,
    data: parseJsonObject(dataJson!),
    metadata: parseJsonObject(metadataJson!),
    stream: STREAM,
    revision,
    position: '0000000000000001',
  };
}

function sealedOf({ data }: { readonly data: JsonObject }): string {
  return typeof data['sealed'] === 'string' ? data['sealed'] : '';
}

const ids = (envelopes: readonly EventEnvelope[]) => envelopes.map(({ id }) => id);

describe('event codec', () => {
  let keys: Keys;
  let codec: EventCodec;

  beforeEach(() => {
    keys = new Keys();
    codec = new EventCodec(keys);
  });

  const seal = (
    events: readonly NewEvent[],
    { keyId, ...request }: Omit<Partial<SealRequest>, 'keyId'> & { keyId?: number | undefined } = {
      keyId: 7,
    },
    given = context,
  ) => {
    const key = keyId === undefined ? {} : { keyId };
    return codec.seal(
      [{ stream: STREAM, firstRevision: 0, prevHash: '', events, ...key, ...request }],
      given,
    )[0]!;
  };

  const chain = () => seal([provisioned, created, provisioned, created]).map(stored);

  it('seals what is personal, and opens it again in full', () => {
    const [envelope] = seal([provisioned]);

    const opened = codec.open(stored(envelope!));

    expect(opened).toMatchObject({
      type: 'UserProvisioned',
      data: provisioned.data,
      erased: false,
      stream: STREAM,
    });
    expect(opened.metadata.request).toEqual(context.request);
    const text = envelope!.dataJson! + envelope!.metadataJson!;
    for (const secret of ['ada@example.com', 'Ada', '203.0.113.7', 'Entra/1.0'])
      expect(text).not.toContain(secret);
    expect(envelope!.data).toEqual({ paths: ['userName', 'name.givenName'], sealed: expect.any(String) });
  });

  it('leaves events without personal data readable without any key', () => {
    const [envelope] = seal([created], { keyId: undefined });

    const opened = new EventCodec({ userKey: () => undefined }).open(stored(envelope!));

    expect(envelope!.data).toEqual(created.data);
    expect(opened).toMatchObject({
      data: created.data,
      erased: false,
      metadata: { request: context.request },
    });
    expect(opened.metadata).not.toHaveProperty('keyId');
  });

  it('hides the client from all events of a command when one of them is personal', () => {
    const claim: NewEvent = { type: 'NameClaimed', schemaVersion: 1, data: { ownerId: 'u1' } };

    const envelopes = codec.seal(
      [
        { stream: STREAM, firstRevision: 0, prevHash: '', events: [provisioned], keyId: 7 },
        { stream: 'scim.acme.claim-1', firstRevision: 0, prevHash: '', events: [claim] },
      ],
      context,
    );

    const text = envelopes[1]![0]!.metadataJson!;
    expect(text).not.toContain('203.0.113.7');
    expect(parseJsonObject(text)['request']).toEqual({
      id: 'req-1',
      method: 'POST',
      path: '/scim/v2/Users',
      correlation: { 'client-request-id': 'abc' },
    });
  });

  it('shows of an erased event only its clear part', () => {
    const [envelope] = seal([provisioned]);
    keys.map.delete(7);

    const opened = codec.open(stored(envelope!));

    expect(opened.erased).toBe(true);
    expect(opened.data).toEqual(provisioned.clear);
    expect(opened.metadata.request).not.toHaveProperty('ip');
  });

  it('gives back the events of an own append without opening them again', () => {
    const [envelope] = seal([provisioned]);
    keys.map.clear();

    const opened = codec.open({ ...stored(envelope!), source: envelope!.source });

    expect(opened).toEqual({ ...opened, data: provisioned.data, erased: false });
    expect(opened.metadata.request).toEqual(context.request);
  });

  it('opens its own append to the very event that another process reads', () => {
    const [envelope] = seal([{ ...provisioned, data: { b: [1, null], a: 'ü' } }]);

    const own = codec.open({ ...stored(envelope!), metadata: envelope!.metadata });

    expect(own).toEqual(codec.open(stored(envelope!)));
  });

  it('gives each event a key of its own, whose hash stands in the metadata', () => {
    const [first, second] = seal([provisioned, provisioned]);
    const key = eventKey(keys.userKey(7)!, first!.id);

    expect(first!.metadata['keyHash']).toBe(keyHashOf(key));
    expect(unseal(key, sealedOf(first!))).toBe(
      canonicalJson({ data: provisioned.data, request: { ip: '203.0.113.7', userAgent: 'Entra/1.0' } }),
    );
    expect(() => unseal(key, sealedOf(second!))).toThrow();
  });

  it('refuses to write a personal event without a key, or for an erased person', () => {
    expect(() => seal([provisioned], { keyId: undefined })).toThrow('was given no key');
    expect(() => seal([provisioned], { keyId: 8 })).toThrow('erased person');
  });

  it('names an event that was altered, or whose key is another one', () => {
    const [envelope] = seal([provisioned]);
    const altered = stored(envelope!);
    const sealed = Buffer.from(sealedOf(altered), 'base64');
    sealed[20]! ^= 1;

    const open = () =>
      codec.open({ ...altered, data: { ...altered.data, sealed: sealed.toString('base64') } });
    expect(open).toThrow(EventUnreadable);
    expect(open).toThrow(`${STREAM}@0`);

    keys.map.set(7, randomBytes(32));
    expect(() => codec.open(stored(envelope!))).toThrow('does not open with its key');
  });

  it('refuses events that are not of this product', () => {
    const foreign = { ...stored(seal([created])[0]!), metadata: { some: 'thing' } };

    expect(() => codec.open(foreign)).toThrow('no metadata of this product');
  });

  it('derives ids from the command, the stream and the place, so that a repetition repeats them', () => {
    const first = ids(seal([created, created]));

    expect(new Set(first).size).toBe(2);
    expect(ids(seal([created, created], { firstRevision: 9, prevHash: 'x' }))).toEqual(first);
    expect(ids(seal([created], {}, { ...context, commandId: randomUUID() }))).not.toContain(first[0]);
  });

  it('writes metadata and its text alike, in canonical form', () => {
    const leniencies = new Set(['removeMembersByValue', 'booleanAsString']);
    const contexts: CommandContext[] = [
      context,
      { ...context, leniencies, causationId: 'cause' },
      { commandId: randomUUID(), correlationId: '"', tenant: 'a', actor: context.actor, occurredAt: 'now' },
    ];

    for (const given of contexts) {
      for (const envelope of seal([provisioned, created], { keyId: 7 }, given)) {
        expect(envelope.metadataJson).toBe(canonicalJson(envelope.metadata));
        expect(envelope.dataJson).toBe(canonicalJson(envelope.data));
      }
    }
    expect(seal([created], {}, contexts[1])[0]!.metadata).toMatchObject({
      $correlationId: 'corr-1',
      $causationId: 'cause',
      leniencies: ['booleanAsString', 'removeMembersByValue'],
    });
    expect(seal([created], {}, context)[0]!.metadata['$causationId']).toBe(context.commandId);
  });

  it('numbers the events of a command over all its streams', () => {
    const envelopes = codec.seal(
      [
        { stream: 'a', firstRevision: 0, prevHash: '', events: [created, created] },
        { stream: 'b', firstRevision: 0, prevHash: '', events: [created] },
      ],
      context,
    );

    const places = envelopes
      .flat()
      .map(({ metadata }) => [metadata['commandIndex'], metadata['commandSize']]);
    expect(places).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  it('brings old data to the newest shape', () => {
    const [envelope] = seal([created]);
    const newer = new EventCodec(keys, { GroupCreated: [(data) => ({ ...data, owners: [] })] });

    expect(newer.open(stored(envelope!)).data).toEqual({ displayName: 'Staff', owners: [] });
  });

  describe('hash chain', () => {
    it('is the SHA-256 of canonical JSON that anybody can compute', () => {
      const [first, second] = chain();
      const { hash, ...metadata } = second!.metadata;
      const prevHash = hashOf(first!);
      const text = canonicalJson([prevHash, STREAM, 1, second!.id, second!.type, second!.data, metadata]);

      expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
      expect(verifyHash(second!, prevHash)).toBe(true);
    });

    it('holds from the first event to the last, also in pieces', async () => {
      const events = chain();
      const tipHash = events[3]!.metadata['hash'];

      expect(await verifyStream(events)).toEqual({ verified: 4, tipHash });
      const first = await verifyStream(events.slice(0, 2));
      expect(await verifyStream(events.slice(2), { revision: 1, tipHash: first.tipHash })).toEqual({
        verified: 2,
        tipHash,
      });
      expect(await verifyStream([])).toEqual({ verified: 0, tipHash: '' });
    });

    it.each<[string, (event: StoredEvent) => StoredEvent]>([
      ['data', (event) => ({ ...event, data: { ...event.data, displayName: 'Other' } })],
      ['type', (event) => ({ ...event, type: 'Other' })],
      ['id', (event) => ({ ...event, id: randomUUID() })],
      [
        'time',
        (event) => ({ ...event, metadata: { ...event.metadata, occurredAt: '2020-01-01T00:00:00Z' } }),
      ],
      [
        'actor',
        (event) => ({ ...event, metadata: { ...event.metadata, actor: { kind: 'x', id: '', label: '' } } }),
      ],
      ['hash', (event) => ({ ...event, metadata: { ...event.metadata, hash: '0'.repeat(64) } })],
    ])('breaks when the %s of an event is changed', async (_, change) => {
      const events = chain();
      events[1] = change(events[1]!);

      const problem = { stream: STREAM, revision: 1, reason: 'hash differs' };
      expect(await verifyStream(events)).toMatchObject({ verified: 1, problem });
    });

    it('breaks when an event is left out, doubled, or from another stream', async () => {
      const [a, b, c] = chain();

      expect(await verifyStream([a!, c!])).toMatchObject({
        problem: { revision: 2, reason: 'revision out of order' },
      });
      expect(await verifyStream([a!, { ...c!, revision: 1 }])).toMatchObject({
        problem: { revision: 1, reason: 'previous hash differs' },
      });
      expect(await verifyStream([a!, { ...b!, stream: 'x' }])).toMatchObject({
        problem: { reason: 'another stream' },
      });
    });
  });
});

describe("an event's key", () => {
  it.each([32, 0, 1, 63, 64])('is HMAC-SHA256 of the event id under a user key of %i bytes', (length) => {
    const userKey = randomBytes(length);
    const eventIds = [randomUUID(), '', 'ž'.repeat(300)];

    const keys = eventIds.map((id) => eventKey(userKey, id));

    expect(keys).toEqual(eventIds.map((id) => createHmac('sha256', userKey).update(id).digest()));
  });
});
