// Compiles the slow-sync shim where that is possible; a reason where it is not.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';

const SOURCE = fileURLToPath(new URL('slow-sync.c', import.meta.url));

/** @returns `{ env }` for a server that shall have slow syncs, or `{ reason }` why there can be none */
export function slowSync(directory, microseconds) {
  if (process.platform !== 'linux')
    return { reason: `needs LD_PRELOAD, not available on ${process.platform}` };
  const library = join(directory, 'slow-sync.so');
  try {
    mkdirSync(directory, { recursive: true });
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'], { stdio: 'pipe' });
  } catch (error) {
    return { reason: `needs a C compiler: ${error.message.split('\n')[0]}` };
  }
  return { env: { LD_PRELOAD: library, SLOW_SYNC_US: String(microseconds) } };
}
