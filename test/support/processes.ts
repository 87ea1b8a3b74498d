// Runs the built product as an operator does: the server and the command line as processes of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { App } from './app.js';
import { clientOf } from './http-client.js';

const ROOT = join(import.meta.dirname, '..', '..');

export type Environment = Readonly<Record<string, string>>;

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess extends App {
  readonly pid: number;
  /** What it has printed for people so far. */
  stdout(): string;
  /** What it has logged so far. */
  stderr(): string;
  /** Sends a signal without waiting. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ended>;
}

interface Child {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

/** A new data directory; whoever asks for it removes it. */
export function newDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'scim-ledger-test-'));
}

export function removeDataDir(dataDir: string): Promise<void> {
  return rm(dataDir, { recursive: true, force: true });
}

/**
 * Starts the server on a data directory and a free port, and waits until it is ready. `stop` ends it with SIGTERM and
 * keeps the directory.
 * @throws Error with what it logged when it ends before it is ready
 */
export async function startServer(dataDir: string, env: Environment = {}): Promise<ServerProcess> {
  const adminToken = env['ADMIN_TOKEN'] ?? randomBytes(32).toString('base64url');
  const child = start(['dist/main.js'], { DATA_DIR: dataDir, ADMIN_TOKEN: adminToken, ...env });
  await ready(child);
  const tenantUrl = printed(child, 'Tenant URL');
  const secret = printed(child, 'Secret Token');
  const endpoint = {
    url: tenantUrl.slice(0, -'/scim/v2'.length),
    tenantUrl,
    // One that was made at an earlier start is not printed again.
    token: env['SCIM_TOKEN'] ?? secret,
    adminToken,
  };
  return {
    ...endpoint,
    ...clientOf(endpoint),
    dataDir,
    pid: child.process.pid ?? 0,
    stdout: child.stdout,
    stderr: child.stderr,
    signal: (signal) => void child.process.kill(signal),
    ended: child.ended,
    stop: async () => {
      child.process.kill('SIGTERM');
      await child.ended;
    },
  };
}

/** Runs the server where it is expected to end by itself. */
export function runServer(dataDir: string, env: Environment = {}): Promise<Ended> {
  return start(['dist/main.js'], { DATA_DIR: dataDir, ...env }).ended;
}

/** Runs one command of the command line. */
export function runCli(
  dataDir: string,
  commandLine: readonly string[],
  env: Environment = {},
): Promise<Ended> {
  return start(['bin/scim-ledger.js', ...commandLine], { DATA_DIR: dataDir, ...env }).ended;
}

function start(commandLine: readonly string[], env: Environment): Child {
  const child = spawn(process.execPath, commandLine, {
    cwd: ROOT,
    // Nothing of this machine's environment may set up the product.
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, stdout, stderr }));
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

async function ready(child: Child): Promise<void> {
  const { promise: isReady, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (/^ready$/m.test(child.stdout())) resolve();
  };
  child.process.stdout?.on('data', look);
  look();
  const failed = child.ended.then(({ code, stderr }) => {
    throw new Error(`the server ended with ${code} before it was ready: ${stderr}`);
  });
  // Only until it is ready does its end mean a failed start.
  failed.catch(() => undefined);
  await Promise.race([isReady, failed]);
}

function printed(child: Child, label: string): string {
  return new RegExp(`${label}: +(\\S.*)`).exec(child.stdout())?.[1] ?? '';
}
