#!/usr/bin/env node
// The command line in a checkout or an installation. Builds first where there are sources to build from.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
if (!existsSync(join(root, 'dist', 'cli.js'))) {
  const here = process.cwd();
  process.chdir(root);
  await import('../scripts/build-if-stale.js');
  process.chdir(here);
}
await import('../dist/cli.js');
