// The user table of the peer server: SQLite, durable, one transaction a write, every lookup Entra makes indexed.
import Database from 'better-sqlite3';

export function openStore(path) {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`
    CREATE TABLE IF NOT EXISTS users (
      id TEXT PRIMARY KEY,
      user_name TEXT NOT NULL COLLATE NOCASE UNIQUE,
      external_id TEXT,
      resource TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS users_external_id ON users (external_id);
  `);
  const statements = {
    insert: database.prepare('INSERT INTO users (id, user_name, external_id, resource) VALUES (?, ?, ?, ?)'),
    update: database.prepare('UPDATE users SET user_name = ?, external_id = ?, resource = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM users WHERE id = ?'),
    byId: database.prepare('SELECT resource FROM users WHERE id = ?').pluck(),
    byUserName: database.prepare('SELECT resource FROM users WHERE user_name = ?').pluck(),
    byExternalId: database.prepare('SELECT resource FROM users WHERE external_id = ?').pluck(),
    all: database.prepare('SELECT resource FROM users').pluck(),
  };
  const parse = (rows) => rows.map((row) => JSON.parse(row));

  return {
    insert: (user) => {
      const resource = JSON.stringify(user);
      statements.insert.run(user.id, user.userName, user.externalId ?? null, resource);
      return resource;
    },
    update: (user) => {
      const resource = JSON.stringify(user);
      statements.update.run(user.userName, user.externalId ?? null, resource, user.id);
      return resource;
    },
    remove: (id) => statements.remove.run(id).changes > 0,
    byId: (id) => parse(statements.byId.all(id))[0],
    byUserName: (userName) => parse(statements.byUserName.all(userName)),
    byExternalId: (externalId) => parse(statements.byExternalId.all(externalId)),
    all: () => parse(statements.all.all()),
    close: () => database.close(),
  };
}
