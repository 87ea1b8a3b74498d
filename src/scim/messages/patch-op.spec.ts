import { describe, expect, it } from '@jest/globals';
import type { Json } from '../json.js';
import { ENTRA_LENIENCIES, LeniencyUse, STRICT } from '../leniency.js';
import { MAX_PATCH_OPERATIONS, parsePatchOp } from './patch-op.js';
import { PATCH_OP_URN } from './urns.js';

const strict = (): LeniencyUse => new LeniencyUse(STRICT);

function patchOp(Operations: Json): Json {
  return { schemas: [PATCH_OP_URN], Operations };
}

describe('parsePatchOp', () => {
  it('[PAT-02] reads operators in any letter case', () => {
    const { operations } = parsePatchOp(
      patchOp([
        { op: 'Add', path: 'nickName', value: 'B' },
        { op: 'REMOVE', path: 'title' },
        { op: 'replace', value: {} },
      ]),
      strict(),
    );

    expect(operations).toEqual([
      { op: 'add', path: 'nickName', value: 'B' },
      { op: 'remove', path: 'title' },
      { op: 'replace', value: {} },
    ]);
  });

  it('keeps a null value apart from a missing one', () => {
    const { operations } = parsePatchOp(patchOp([{ op: 'replace', path: 'title', value: null }]), strict());

    expect(operations).toEqual([{ op: 'replace', path: 'title', value: null }]);
  });

  it('[ATT-01] reads member names in any letter case', () => {
    const body = {
      Schemas: [PATCH_OP_URN.toUpperCase()],
      operations: [{ Op: 'add', Path: 'title', Value: 'x' }],
    };

    expect(parsePatchOp(body, strict()).operations).toEqual([{ op: 'add', path: 'title', value: 'x' }]);
  });

  it.each<[string, Json | undefined]>([
    ['no body', undefined],
    ['an array', []],
    ['no schemas', { Operations: [{ op: 'add', path: 'a', value: 1 }] }],
    [
      '[COM-13] another URN',
      { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], Operations: [{ op: 'add' }] },
    ],
    ['no Operations', { schemas: [PATCH_OP_URN] }],
    ['Operations that is no array', patchOp({})],
    ['[PAT-01] empty Operations', patchOp([])],
    ['an operation that is no object', patchOp(['add'])],
    ['an operation without op', patchOp([{ path: 'a' }])],
    ['[PAT-02] an unknown op', patchOp([{ op: 'move', path: 'a' }])],
    ['an op that is no string', patchOp([{ op: 5 }])],
    ['a path that is no string', patchOp([{ op: 'remove', path: 5 }])],
  ])('refuses %s with invalidSyntax', (_name, body) => {
    expect(() => parsePatchOp(body, strict())).toThrow(
      expect.objectContaining({ scimType: 'invalidSyntax' }),
    );
  });

  it('[PAT-01] takes empty Operations from Entra and records that', () => {
    const leniencies = new LeniencyUse(ENTRA_LENIENCIES);

    expect(parsePatchOp(patchOp([]), leniencies).operations).toEqual([]);
    expect([...leniencies.used]).toEqual(['emptyOperations']);
  });

  it('[PAT-37] refuses more operations than the limit with 413, naming it', () => {
    const operations = Array.from({ length: MAX_PATCH_OPERATIONS + 1 }, () => ({
      op: 'remove',
      path: 'title',
    }));

    expect(() => parsePatchOp(patchOp(operations), strict())).toThrow(
      expect.objectContaining({ status: 413, detail: expect.stringContaining('1000 operations') as unknown }),
    );
  });
});
