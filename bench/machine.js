// What a reader must know about the machine to judge the figures, the cost of one fsync above all.
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.js';

const SYNC_SAMPLES = 60;

function medianSyncUs() {
  const path = join(tmpdir(), `scim-ledger-bench-sync-${process.pid}`);
  const descriptor = openSync(path, 'w');
  const page = Buffer.alloc(4096, 1);
  const samples = [];
  for (let sample = 0; sample < SYNC_SAMPLES; sample++) {
    const started = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    samples.push((performance.now() - started) * 1000);
  }
  closeSync(descriptor);
  rmSync(path);
  return Math.round(median(samples));
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

export const machine = () => ({
  node: process.version,
  platform: `${platform()} ${release()} ${process.arch}`,
  cpu: cpus()[0]?.model.trim(),
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  loadAverage: loadavg()[0],
  medianSyncUs: medianSyncUs(),
  temporaryDirectory: tmpdir(),
  commit: commit(),
});
