import { describe, expect, it } from '@jest/globals';
import type { EventMetadata, LedgerEvent } from '../event-store/envelope/ledger-event.js';
import type { Script, Statement } from '../read-model/script.js';
import { UNITS } from './units.js';

const event = (stream: string, type = 'SomethingHappened'): LedgerEvent => ({
  id: 'e1',
  stream,
  revision: 0,
  position: '1',
  type,
  data: {},
  metadata: { commandId: 'c1', commandIndex: 0, commandSize: 1 } as EventMetadata,
  erased: false,
});

function statementsOf(script: Script<void> | undefined): readonly Statement[] {
  const statements: Statement[] = [];
  for (let step = script?.next(); step && !step.done; step = script?.next([])) statements.push(step.value);
  return statements;
}

const WRITERS = UNITS.flatMap(({ unit }) =>
  [true, false].map((isBatched) => ({ name: unit.name, isBatched, unit })),
);

describe.each(WRITERS)('$name, batched: $isBatched', ({ unit, isBatched }) => {
  it('makes nothing of an event in a stream that is none of ours', () => {
    const writer = unit.writer({ isBulkLoad: false, isBatched });
    const foreign = event('somebody-elses');

    const statements = [
      ...statementsOf(writer.prepare?.([foreign])),
      ...statementsOf(writer.apply(foreign)),
      ...statementsOf(writer.flush?.()),
    ];

    expect(statements.filter(({ sql }) => !/^\s*SELECT/.test(sql))).toEqual([]);
  });

  it('asks for nobody on behalf of an event that names nobody', () => {
    const writer = unit.writer({ isBulkLoad: false, isBatched });
    const changed = event('scim.acme.group-g1', 'GroupMembersAdded');

    const statements = statementsOf(writer.prepare?.([changed]));

    expect(statements.every(({ sql }) => !/^\s*(UPDATE|DELETE)/.test(sql))).toBe(true);
  });
});
