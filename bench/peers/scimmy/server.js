// A SCIM server as the documentation of scimmy and scimmy-routers has one build it: express, the routers, and
// ingress/egress/degress handlers over a store of one's own. It is the other side of the comparisons.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { openStore } from './store.js';

const store = openStore(join(process.env.DATA_DIR, 'scimmy.sqlite'));

/** The one value of `attribute eq "value"` when that is the whole filter; otherwise undefined. */
function onlyEquals(filter, attribute) {
  if (filter?.length !== 1 || Object.keys(filter[0]).length !== 1) return undefined;
  const [comparator, value] = filter[0][attribute] ?? [];
  return comparator === 'eq' ? value : undefined;
}

/** Saves, and returns plain JSON: the library's own instances are proxies and slow to read a second time. */
function write(user, save) {
  try {
    return JSON.parse(save(user));
  } catch (error) {
    if (error.code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
    throw new SCIMMY.Types.Error(409, 'uniqueness', `userName '${user.userName}' is already in use`);
  }
}

function ingress(resource, data) {
  const lastModified = new Date().toISOString();
  if (resource.id === undefined) {
    const meta = { created: lastModified, lastModified };
    return write({ ...data, id: randomUUID(), meta }, store.insert);
  }
  const current = store.byId(resource.id);
  if (current === undefined) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
  return write({ ...data, id: current.id, meta: { ...current.meta, lastModified } }, store.update);
}

function egress(resource) {
  if (resource.id !== undefined) {
    const user = store.byId(resource.id);
    if (user === undefined) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return user;
  }
  const userName = onlyEquals(resource.filter, 'userName');
  if (userName !== undefined) return store.byUserName(userName);
  const externalId = onlyEquals(resource.filter, 'externalId');
  if (externalId !== undefined) return store.byExternalId(externalId);
  const users = store.all();
  return resource.filter === undefined ? users : resource.filter.match(users);
}

function degress(resource) {
  if (!store.remove(resource.id))
    throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .extend(SCIMMY.Schemas.EnterpriseUser, false)
  .ingress(ingress)
  .egress(egress)
  .degress(degress);

const authorization = `Bearer ${process.env.SCIM_TOKEN}`;
const app = express();
app.disable('etag');
app.disable('x-powered-by');
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    handler: (request) => {
      if (request.header('Authorization') !== authorization) throw new Error('Authorization not detected!');
      return 'entra';
    },
  }),
);

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.stdout.write(`Tenant URL: http://127.0.0.1:${server.address().port}/scim/v2\n`);
});
process.once('SIGTERM', () => {
  server.close(() => store.close());
  server.closeAllConnections();
});
