// The limit of durable writes: a bare HTTP server that parses a body and stores one event row and one read row.
// Requests that arrive in one turn of the loop share a transaction and its fsync. No validation, no sealing.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const database = new Database(join(process.env.DATA_DIR, 'limit.sqlite'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, data TEXT NOT NULL);
  CREATE TABLE users (id TEXT PRIMARY KEY, user_name TEXT NOT NULL UNIQUE, resource TEXT NOT NULL);
`);
const insertEvent = database.prepare('INSERT INTO events (stream, data) VALUES (?, ?)');
const insertUser = database.prepare('INSERT INTO users (id, user_name, resource) VALUES (?, ?, ?)');

let queue = [];
const commit = database.transaction((batch) => {
  for (const { id, userName, body } of batch) {
    insertEvent.run(id, body);
    insertUser.run(id, userName, body);
  }
});

function flush() {
  const batch = queue;
  queue = [];
  commit(batch);
  for (const { id, body, response } of batch) {
    const answer = `{"id":"${id}",${body.slice(1)}`;
    response.writeHead(201, {
      'content-type': 'application/scim+json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const { userName } = JSON.parse(body);
    if (queue.length === 0) setImmediate(flush);
    queue.push({ id: randomUUID(), userName, body, response });
  });
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.stdout.write(`Tenant URL: http://127.0.0.1:${server.address().port}/scim/v2\n`);
});
process.once('SIGTERM', () => {
  server.close(() => database.close());
  server.closeAllConnections();
});
