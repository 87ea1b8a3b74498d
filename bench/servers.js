// Starts the servers that are measured, each a process of its own on a free port of 127.0.0.1, and ends them.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TOKEN = 'benchmark-token-0123456789abcdef0123456789';
const ADMIN_TOKEN = 'benchmark-admin-0123456789abcdef0123456789';
const START_LIMIT_MS = 600_000;
const STOP_LIMIT_MS = 20_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const running = new Set();

export const ENTRY = {
  ledger: 'dist/main.js',
  peer: 'bench/peers/scimmy/server.js',
  groupCommit: 'bench/limits/group-commit.js',
  fastify: 'bench/limits/raw-fastify.js',
};

/** The environment every measured server gets: production mode, silent, nothing inherited but the path. */
export const serverEnvironment = (dataDir, env = {}) => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: dataDir,
  LOG_LEVEL: 'silent',
  SCIM_TOKEN: TOKEN,
  ADMIN_TOKEN,
  ...env,
});

/**
 * Starts a server and waits until it printed its Tenant URL and answers.
 *
 * @returns `{ name, url, token, pid, readyMs, rssBytes(), peakRssBytes(), death(), stop() }`; `readyMs` is from spawn to the
 *   first answered request
 */
export async function startServer(name, dataDir, env = {}) {
  mkdirSync(dataDir, { recursive: true });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [ENTRY[name]], {
    cwd: root,
    env: serverEnvironment(dataDir, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const url = await tenantUrl(name, child);
  await firstAnswer(name, url);
  return {
    name,
    url,
    token: TOKEN,
    pid: child.pid,
    readyMs: performance.now() - startedAt,
    rssBytes: () => memory(child.pid, 'VmRSS'),
    peakRssBytes: () => memory(child.pid, 'VmHWM'),
    death: () => death(name, child),
    stop: () => stop(child),
  };
}

function tenantUrl(name, child) {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const limit = setTimeout(() => reject(new Error(`${name} printed no Tenant URL.`)), START_LIMIT_MS);
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+[^\s'"]*\/scim\/v2/.exec(output);
      if (found === null) return;
      clearTimeout(limit);
      resolve(found[0]);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      reject(
        new Error(`${name} ended by ${signal ?? `code ${code}`} before it was ready.\n${output}\n${errors}`),
      );
    });
  });
}

async function firstAnswer(name, url) {
  if (name === 'groupCommit') return;
  const path = `${url}/Users?filter=${encodeURIComponent('userName eq "nobody"')}`;
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const status = await ask(path);
    if (status === 200) return;
    if (status !== undefined && status !== 503)
      throw new Error(`${name} answered its first request with ${status}.`);
    if (performance.now() > deadline) throw new Error(`${name} was not ready in time.`);
    await delay(2);
  }
}

async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}

/** A figure of /proc/{pid}/status in bytes (VmRSS, VmHWM); undefined where there is no /proc. */
export function memory(pid, figure) {
  try {
    const kilobytes = new RegExp(`${figure}:\\s+(\\d+)`).exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** How a server that nobody stopped came to its end; undefined while it runs. */
function death(name, { exitCode, signalCode }) {
  if (exitCode === null && signalCode === null) return undefined;
  return `${name} ended by ${signalCode ?? `code ${exitCode}`} while it was measured`;
}

function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.once('exit', () => {
      clearTimeout(limit);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Ends what is still running; for the end of a run and for an interrupted one. */
export const stopAll = () => Promise.all([...running].map(stop));
export const killAll = () => running.forEach((child) => child.kill('SIGKILL'));
