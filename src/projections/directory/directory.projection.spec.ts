import { describe, expect, it } from '@jest/globals';
import type { EventMetadata, LedgerEvent } from '../../event-store/envelope/ledger-event.js';
import { DocumentWriter } from '../../read-model/document-writer.js';
import { LinkTable } from '../../read-model/links.js';
import { projectDirectory, storedValues } from './directory.projection.js';
import { MEMBERSHIP } from './memberships/memberships.projection.js';

const event = (stream: string): LedgerEvent => ({
  id: 'e1',
  stream,
  revision: 0,
  position: '1',
  type: 'SomethingHappened',
  data: {},
  metadata: {} as EventMetadata,
  erased: false,
});

describe('the directory', () => {
  it.each(['other.stream-1', 'scim.acme.refusal-1', 'scim.acme.invoice-1'])(
    'makes no rows from %s, which is about no resource',
    (stream) => {
      const tables = { documents: new DocumentWriter(), memberships: new LinkTable(MEMBERSHIP) };

      expect(projectDirectory(tables, event(stream)).next([])).toEqual({ done: true, value: undefined });
    },
  );

  it('indexes nothing of a resource type that is no more', () => {
    expect(storedValues('Printer', '{}')).toEqual([]);
  });
});
