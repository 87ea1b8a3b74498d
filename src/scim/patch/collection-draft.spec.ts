import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CollectionDraft, type CollectionBase } from './collection-draft.js';

function base(...values: string[]): CollectionBase {
  const set = new Set(values);
  return {
    has: (value) => set.has(value),
    size: set.size,
    *values() {
      for (const value of set) yield { value, type: 'User' };
    },
  };
}

const NOTHING = { cleared: false, added: [], removed: [] };

describe('CollectionDraft', () => {
  it('changes nothing when adding what is there and removing what is not', () => {
    const draft = new CollectionDraft(base('a'));
    draft.add([{ value: 'a' }]);
    draft.remove(['b']);

    expect(draft.delta()).toEqual(NOTHING);
  });

  it('forgets changes that cancel each other', () => {
    const draft = new CollectionDraft(base('a'));
    draft.add([{ value: 'b' }]);
    draft.remove(['a', 'b']);
    draft.add([{ value: 'a' }]);

    expect(draft.delta()).toEqual(NOTHING);
  });

  it('says cleared when everything of the base is gone, by whatever way', () => {
    const one = new CollectionDraft(base('a', 'b'));
    one.remove(['a', 'b']);
    one.add([{ value: 'c', type: 'Group' }]);
    const other = new CollectionDraft(base('a', 'b'));
    other.replaceWith([{ value: 'c', type: 'Group' }]);
    const expected = { cleared: true, added: [{ value: 'c', type: 'Group' }], removed: [] };

    expect(one.delta()).toEqual(expected);
    expect(other.delta()).toEqual(expected);
  });

  it('does not say cleared for a base that was empty', () => {
    const draft = new CollectionDraft(base());
    draft.clear();

    expect(draft.delta()).toEqual(NOTHING);
  });

  it('replaces with a set of which some is there by removing the rest', () => {
    const draft = new CollectionDraft(base('a', 'b', 'c'));
    draft.replaceWith([{ value: 'b' }, { value: 'd' }]);

    expect(draft.delta()).toEqual({ cleared: false, added: [{ value: 'd' }], removed: ['a', 'c'] });
  });

  it('replaces with the same set without a change', () => {
    const draft = new CollectionDraft(base('a', 'b'));
    draft.replaceWith([{ value: 'b' }, { value: 'a' }]);

    expect(draft.delta()).toEqual(NOTHING);
  });

  it('does not walk the base to add or remove elements', () => {
    const draft = new CollectionDraft({
      has: (value) => value === 'a',
      size: 100_000,
      values: () => {
        throw new Error('walked');
      },
    });
    draft.add([{ value: 'b' }]);
    draft.remove(['a', 'x']);

    expect(draft.delta()).toEqual({ cleared: false, added: [{ value: 'b' }], removed: ['a'] });
    expect(draft.size).toBe(100_000);
  });

  it('holds, and tells the difference of, whatever a plain set would hold', () => {
    const letter = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e');
    const letters = fc.uniqueArray(letter);
    const step = fc.oneof(
      fc.record({
        kind: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const, 'where' as const),
        values: letters,
      }),
      fc.record({ kind: fc.constant('clear' as const), values: fc.constant<string[]>([]) }),
    );
    fc.assert(
      fc.property(letters, fc.array(step), (start, steps) => {
        const draft = new CollectionDraft(base(...start));
        let model = new Set(start);
        for (const { kind, values } of steps) {
          const elements = values.map((value) => ({ value }));
          if (kind === 'add') draft.add(elements);
          else if (kind === 'remove') draft.remove(values);
          else if (kind === 'where') draft.removeWhere(({ value }) => values.includes(value));
          else if (kind === 'replace') draft.replaceWith(elements);
          else draft.clear();
          model =
            kind === 'add'
              ? new Set([...model, ...values])
              : kind === 'replace'
                ? new Set<string>(values)
                : kind === 'clear'
                  ? new Set()
                  : new Set([...model].filter((value) => !values.includes(value)));
        }
        const { cleared, added, removed } = draft.delta();
        const replayed = new Set(cleared ? [] : start);
        for (const value of removed) expect(replayed.delete(value)).toBe(true);
        for (const { value } of added) expect(replayed.has(value)).toBe(false);
        for (const { value } of added) replayed.add(value);

        expect([...draft.values()].map(({ value }) => value).sort()).toEqual([...model].sort());
        expect(draft.size).toBe(model.size);
        expect([...replayed].sort()).toEqual([...model].sort());
        expect(cleared).toBe(start.length > 0 && !start.some((value) => model.has(value)));
      }),
    );
  });
});
