import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generation } from '../../src/projections/generation.js';
import { unitNamed } from '../../src/projections/units.js';
import { describeReadModel } from './read-model.contract.js';

const create = (path: string) => Generation.create(unitNamed('directory'), 1, path, { isBulkLoad: false });

describeReadModel('SQLite in memory', () => ({
  generation: () => create(':memory:'),
  dispose: () => undefined,
}));

describeReadModel('SQLite in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim-ledger-read-model-'));
  let count = 0;
  return {
    generation: () => create(join(folder, `directory-${(count += 1)}.sqlite`)),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
});
