// Settings of a deployment on servers that cannot work: said before the port opens, with the setting and the cure.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { newFleet, type Fleet } from '../support/fleet.js';
import { describeWithPostgres } from '../support/postgres.js';
import { newDataDir, removeDataDir, runServer } from '../support/processes.js';

describeWithPostgres('a start with servers', () => {
  let fleet: Fleet;
  let dataDir: string;

  beforeAll(async () => {
    [fleet, dataDir] = await Promise.all([newFleet(), newDataDir()]);
  });

  afterAll(async () => {
    await fleet.stop();
    await removeDataDir(dataDir);
  });

  const refused = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const { code, stdout, stderr } = await runServer(dataDir, { ...fleet.env, ...env });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    return stderr;
  };
  const database = (change: Readonly<Record<string, string>>): string =>
    Object.assign(new URL(fleet.database.url), change).href;

  it('names READ_MODEL and the cure when there is no such database', async () => {
    expect(await refused({ READ_MODEL: database({ pathname: '/nothing' }) })).toMatch(
      /READ_MODEL: there is no such database.*CREATE DATABASE/,
    );
  });

  it('names READ_MODEL when the server cannot be reached', async () => {
    expect(await refused({ READ_MODEL: database({ port: '1' }) })).toContain('READ_MODEL: ');
  });

  it('names EVENT_STORE when no server answers', async () => {
    expect(await refused({ EVENT_STORE: 'esdb://127.0.0.1:1?tls=false' })).toContain('EVENT_STORE: ');
  });

  it('shows no password of a setting that it refuses', async () => {
    const said = await refused({ READ_MODEL: database({ username: 'scim', password: 's3cret', port: '1' }) });

    expect(said).not.toContain('s3cret');
  });

  it('refuses another secret key than the log was written with', async () => {
    const first = await fleet.start('all');
    await first.stop();

    expect(await refused({ SECRET_KEY: randomBytes(32).toString('base64') })).toContain('SECRET_KEY');
  });
});
