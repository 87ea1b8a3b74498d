import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { acquireDataDirLock, DataDirInUse, readOwner } from './data-dir-lock.js';

// another process that takes the lock as we do, says so, and holds it until it is killed
const HOLDER = `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
  const { join } = require('node:path');
  const directory = process.argv[1];
  globalThis.held = new Database(join(directory, 'lock.sqlite')).exec('BEGIN EXCLUSIVE');
  const owner = { pid: process.pid, host: 'elsewhere', startedAt: '2026-01-02T03:04:05.678Z', address: 'http://x:1' };
  require('node:fs').writeFileSync(join(directory, 'owner.json'), JSON.stringify(owner));
  process.stdout.write('held');
  setInterval(() => undefined, 1000);
`;

describe('lock of a data directory', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('says who holds it, and where that process listens', () => {
    const lock = acquireDataDirLock(directory);
    lock.announce('http://127.0.0.1:3000');

    expect(readOwner(directory)).toMatchObject({ pid: process.pid, address: 'http://127.0.0.1:3000' });
    lock.release();
    expect(readOwner(directory)).toBeUndefined();
    expect(existsSync(join(directory, 'owner.json'))).toBe(false);
  });

  it('is held by nobody in a directory that was never used', () => {
    expect(readOwner(directory)).toBeUndefined();
  });

  it('can be taken again once it is released, also twice', () => {
    const first = acquireDataDirLock(directory);
    first.release();
    first.release();

    acquireDataDirLock(directory).release();
  });

  it('is refused while another process has it, and free as soon as that one is killed', async () => {
    const holder = spawn(process.execPath, ['-e', HOLDER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');

    const take = () => acquireDataDirLock(directory);

    expect(take).toThrow(DataDirInUse);
    expect(take).toThrow(
      `in use by process ${holder.pid} on elsewhere since 2026-01-02T03:04:05.678Z (http://x:1)`,
    );
    expect(readOwner(directory)).toMatchObject({ pid: holder.pid });

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(readOwner(directory)).toBeUndefined();
    take().release();
  });

  it('is refused to a second owner in the same process', () => {
    const lock = acquireDataDirLock(directory);

    expect(() => acquireDataDirLock(directory)).toThrow(`process ${process.pid}`);
    lock.release();
  });
});
