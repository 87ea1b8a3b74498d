// What the protocol itself costs for each body, without HTTP or storage.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leftOut, row } from '../report.js';

const PARSER = new URL('../../dist/scim/schema/parse-resource.js', import.meta.url);
const MICRO = fileURLToPath(new URL('../micro/parse-body.js', import.meta.url));

export const parseBody = {
  name: 'parse-body',
  title: 'a user body, validated and normalised',
  run: async (workspace) => {
    if (!existsSync(PARSER)) return [leftOut('parse-body', 'needs dist/: npm run build')];
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [MICRO, String(workspace.rounds)]);
    const { parseUs, jsonUs } = JSON.parse(stdout);
    return [
      row('parse-body', 'validate and normalise', parseUs, 'µs', { firm: 15, aim: 5, lower: true }),
      row('parse-body', 'JSON.parse of the same body', jsonUs, 'µs'),
    ];
  },
};
