// Appends a history of many users and groups to a data directory through the product's own event store, without HTTP:
// the same decisions, claims, sealing and hash chain as a server's. A process of its own; run by measures/rebuild.js.
// Usage: node generate-log.js <data directory> <events>. The directory must have been a server's before.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { group, user } from './fixtures.js';

const dist = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { EventLog } = await dist('event-store/event-log.js');
const { EventCodec } = await dist('event-store/envelope/event-codec.js');
const { SqliteEventStore } = await dist('event-store/sqlite/sqlite-event-store.js');
const { streamName } = await dist('event-store/stream-names.js');
const { openKeyStore } = await dist('keys/key-store.js');
const { loadSecretKey } = await dist('keys/secret-key.js');
const { Claims } = await dist('commands/claims.js');
const { decideChange, decideCreate } = await dist('resources/decide.js');
const { resourceTypeNamed } = await dist('resources/registry.js');
const { LeniencyUse, ENTRA_LENIENCIES } = await dist('scim/leniency.js');
const { parseResource } = await dist('scim/schema/parse-resource.js');

const TENANT = 'default';
const GROUP_SIZE = 100;
// A user is provisioned (with a claim) and changed once; a group is created (with a claim) and given its members.
const EVENTS_PER_GROUP = 3 * GROUP_SIZE + 3;

const userType = resourceTypeNamed('User');
const groupType = resourceTypeNamed('Group');

function context(method, path) {
  const commandId = randomUUID();
  return {
    commandId,
    correlationId: commandId,
    tenant: TENANT,
    actor: { kind: 'token', id: 'benchmark', label: 'benchmark' },
    request: { id: commandId, method, path: `/scim/v2${path}`, ip: '127.0.0.1', userAgent: 'benchmark' },
    occurredAt: new Date().toISOString(),
  };
}

const attributesOf = (type, body) =>
  parseResource(type.schema, body, { leniencies: new LeniencyUse(ENTRA_LENIENCIES) });

/** Creates a resource as the create command does, and returns what a change after it needs. */
async function create({ log, keys, claims }, type, attributes, members) {
  const id = randomUUID();
  const on = context('POST', `/${type.endpoint}`);
  const write = {
    stream: streamName(TENANT, type.category, id),
    revision: -1,
    tipHash: '',
    events: decideCreate(type, attributes, members),
    ...(type.isPersonal ? { keyId: keys.takeUserKey().keyId } : {}),
  };
  const taken = await Promise.all(
    claims.of(TENANT, type, attributes).map((claim) => claims.take(claim, id, on)),
  );
  const { events } = await log.append([write, ...taken], on);
  const last = events.findLast(({ stream }) => stream === write.stream);
  return { ...write, id, revision: last.revision, tipHash: last.metadata.hash, attributes };
}

async function provisionAndChange(ledger, number) {
  const attributes = attributesOf(userType, user('replay', number));
  const created = await create(ledger, userType, attributes, []);
  const { id, stream, revision, tipHash, keyId } = created;
  const events = decideChange(userType, attributes, {
    ...attributes,
    title: `Baker ${number}`,
    nickName: 'Mili',
  });
  await ledger.log.append([{ stream, revision, tipHash, events, keyId }], context('PATCH', `/Users/${id}`));
  return { value: id, type: 'User' };
}

async function appendGroup(ledger, number) {
  const first = number * GROUP_SIZE;
  const people = Array.from({ length: GROUP_SIZE }, (_, index) => provisionAndChange(ledger, first + index));
  const members = await Promise.all(people);
  await create(ledger, groupType, attributesOf(groupType, group(`Replayed ${number}`)), members);
}

async function main(dataDir, wanted) {
  const secretKey = loadSecretKey({ dataDir, logIsEmpty: false });
  const keys = openKeyStore({ path: join(dataDir, 'keys.sqlite'), secretKey, mustExist: true });
  const store = new SqliteEventStore({ path: join(dataDir, 'log.sqlite') });
  const log = new EventLog(store, new EventCodec(keys));
  const ledger = { log, keys, claims: new Claims(log, keys) };
  const groups = Math.ceil(wanted / EVENTS_PER_GROUP);
  const IN_PARALLEL = 4;
  for (let number = 0; number < groups; number += IN_PARALLEL) {
    const batch = Array.from({ length: Math.min(IN_PARALLEL, groups - number) }, (_, n) => number + n);
    await Promise.all(batch.map((each) => appendGroup(ledger, each)));
  }
  await store.close();
  keys.close();
  process.stdout.write(JSON.stringify({ events: groups * EVENTS_PER_GROUP }));
}

await main(process.argv[2], Number(process.argv[3]));
