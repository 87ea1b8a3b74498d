// Builds dist/ when it is missing or older than a source, so that `npm start` and `npm test` are one command.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

function newest(folder) {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

const sources = ['package.json', 'tsconfig.json', 'nest-cli.json', '.swcrc'].filter((file) =>
  existsSync(file),
);
const built = existsSync('dist/main.js') ? statSync('dist/main.js').mtimeMs : 0;
const isStale =
  existsSync('src') && Math.max(newest('src'), ...sources.map((file) => statSync(file).mtimeMs)) > built;

if (isStale) execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
