import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describeReadModel } from './read-model.contract.js';

describeReadModel('SQLite in memory', () => ({ path: () => ':memory:', dispose: () => undefined }));

describeReadModel('SQLite in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim-ledger-read-model-'));
  let count = 0;
  return {
    path: () => join(folder, `directory-${(count += 1)}.sqlite`),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
});
