// One PostgreSQL for a whole run of the contract suites: the one that TEST_POSTGRES_URL names, else a cluster of our
// own in a temporary directory, on a free port, with the machine's binaries.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
// Nothing of it has to survive.
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=200'];

let stop;

export async function startCluster() {
  if (process.env.TEST_POSTGRES_URL) return;
  const binaries = findBinaries();
  if (binaries === undefined) return tellLeftOut('no PostgreSQL binaries were found');
  try {
    process.env.TEST_POSTGRES_URL = await start(binaries);
  } catch (error) {
    tellLeftOut(`PostgreSQL did not start: ${error.stderr || error.message}`);
  }
}

export function stopCluster() {
  stop?.();
  stop = undefined;
}

async function start(binaries) {
  const folder = mkdtempSync(join(tmpdir(), 'scim-ledger-postgres-'));
  const data = join(folder, 'data');
  const isRoot = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root.
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  const run = (name, ...parameters) => {
    const command = [join(binaries, name), ...parameters];
    const [file, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    return execFileSync(file, rest, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  };
  const initdb = (...locale) =>
    run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', ...locale);
  try {
    // An order of text unlike ours shows where one is left to the database.
    initdb('--locale-provider=icu', '--icu-locale=en-US', '--locale=C.UTF-8');
  } catch {
    rmSync(data, { recursive: true, force: true });
    initdb('--locale=C');
  }
  const port = await freePort();
  const options = [
    ...SETTINGS,
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
  ];
  const settings = options.map((option) => `-c ${option}`).join(' ');
  run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start');
  stop = () => {
    run('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
    rmSync(folder, { recursive: true, force: true });
  };
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

function findBinaries() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function tellLeftOut(reason) {
  process.stderr.write(
    `\n*** LEFT OUT: every suite on PostgreSQL. ${reason}. Install it, or set TEST_POSTGRES_URL. ***\n\n`,
  );
}
