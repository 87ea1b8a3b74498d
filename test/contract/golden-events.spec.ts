import { describe, expect, it } from '@jest/globals';
import { verifyHash } from '../../src/event-store/envelope/chain.js';
import { UPCASTERS } from '../../src/event-store/envelope/upcasters.js';
import { erasedGoldenCodec, goldenCodec, goldenFileName, readGoldenEvents } from './golden-events.js';

const golden = readGoldenEvents();

describe('stored events of every published version', () => {
  for (const [name, { stored, opened }] of golden) {
    it(`${name} opens to what it meant`, () => {
      expect(goldenCodec.open(stored)).toMatchObject({ ...opened, erased: false });
    });

    it(`${name} still has its hash`, () => {
      expect(verifyHash(stored, '')).toBe(true);
    });

    it(`${name} stays readable when its person is erased`, () => {
      const isPersonal = typeof stored.data['sealed'] === 'string';

      expect(erasedGoldenCodec.open(stored)).toMatchObject({ type: opened.type, erased: isPersonal });
    });

    it(`${name} is named after its type and version`, () => {
      expect(name).toBe(goldenFileName(stored.type, Number(stored.metadata['schemaVersion'])));
    });
  }

  it('have a sample for every version that an upcaster starts from', () => {
    const upcast = Object.entries(UPCASTERS).flatMap(([type, steps]) =>
      steps.map((_, index) => goldenFileName(type, index + 1)),
    );

    expect(upcast.filter((name) => !golden.has(name))).toEqual([]);
  });
});
