// What every read-model database must do. The in-memory evaluator is the judge: whatever way a search takes, it
// finds what evaluating the filter over every rendered resource finds, in the same order.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import type { LedgerEvent } from '../../src/event-store/envelope/ledger-event.js';
import { renderResource, type RenderContext } from '../../src/projections/directory/resources/render.js';
import {
  searchAnyhow,
  searchByIndex,
  type ResourceSearch,
} from '../../src/projections/directory/resources/resource-search.js';
import { stateOf } from '../../src/projections/directory/resources/resources.projection.js';
import type { Document } from '../../src/read-model/documents.js';
import type { ReadDatabase } from '../../src/read-model/read-database.js';
import { rows, type Script } from '../../src/read-model/script.js';
import { SearchTooLong, type Found } from '../../src/read-model/search.js';
import { resourceTypeNamed } from '../../src/resources/registry.js';
import type { ResourceType } from '../../src/resources/resource-type.js';
import { bindFilter } from '../../src/scim/filter/bind.js';
import { evaluate } from '../../src/scim/filter/evaluate.js';
import { parseFilter } from '../../src/scim/filter/parser.js';
import { printFilter } from '../../src/scim/filter/print.js';
import { bindSort, compareSortKeys, sortKey } from '../../src/scim/filter/sort.js';
import type { JsonObject } from '../../src/scim/json.js';
import { ENTRA_LENIENCIES, LeniencyUse } from '../../src/scim/leniency.js';
import { DEFAULT_SELECTION } from '../../src/scim/schema/selection.js';
import {
  directory,
  groupFilters,
  groupSorts,
  userFilters,
  userSorts,
  type Directory,
} from './read-model.arbitraries.js';
import { DirectoryHistory, TENANT } from './read-model.history.js';

const BASE_URL = 'https://scim.example/scim/v2';

export interface ReadModelDatabase {
  /** A fresh, empty generation of the directory. */
  generation(): GenerationUnderTest | Promise<GenerationUnderTest>;
  /** Removes everything `generation` has given out. */
  dispose(): void | Promise<void>;
}

export interface GenerationUnderTest {
  readonly database: ReadDatabase;
  applyBatch(events: readonly LedgerEvent[]): void | Promise<void>;
  close(): void | Promise<void>;
}

export interface Suite {
  /** Leaves the suite out where the database is missing. */
  readonly describe?: (name: string, suite: () => void) => void;
  /** Random directories for each property. */
  readonly numRuns?: number;
}

export function describeReadModel(
  title: string,
  open: () => ReadModelDatabase | Promise<ReadModelDatabase>,
  { describe: describeSuite = describe, numRuns = 60 }: Suite = {},
): void {
  describeSuite(`the directory in ${title}`, () => {
    let database: ReadModelDatabase;

    beforeEach(async () => {
      database = await open();
    });

    afterEach(async () => {
      await database.dispose();
    });

    describe.each([
      { type: 'User', filters: userFilters, sorts: userSorts },
      { type: 'Group', filters: groupFilters, sorts: groupSorts },
    ])('searching for $type', ({ type, filters, sorts }) => {
      it('[FIL-01] finds by SQL what evaluating the filter finds', async () => {
        await fc.assert(
          fc.asyncProperty(
            directory(),
            fc.array(filters(), { minLength: 8, maxLength: 8 }),
            async (seed, wanted) => {
              await withDirectory(database, seed, async (read) => {
                for (const filter of wanted)
                  await expectAgreement(read, type, { filter: printFilter(filter) });
              });
            },
          ),
          { numRuns },
        );
      });

      it('[SRT-01] sorts by the index as evaluation sorts, with missing values and ties', async () => {
        await fc.assert(
          fc.asyncProperty(
            directory(),
            fc.array(fc.tuple(sorts(), fc.boolean(), fc.option(filters(), { nil: undefined })), {
              minLength: 4,
              maxLength: 4,
            }),
            async (seed, wanted) => {
              await withDirectory(database, seed, async (read) => {
                for (const [sortBy, isDescending, filter] of wanted) {
                  const text = filter && printFilter(filter);
                  await expectAgreement(read, type, {
                    sortBy,
                    isDescending,
                    ...(text ? { filter: text } : {}),
                  });
                }
              });
            },
          ),
          { numRuns },
        );
      });

      it('[PAG-04] gives pages that together are the whole list, each with the total', async () => {
        const sort = fc.option(fc.tuple(sorts(), fc.boolean()), { nil: undefined });
        const filter = fc.option(filters(), { nil: undefined });
        await fc.assert(
          fc.asyncProperty(
            directory(),
            fc.integer({ min: 1, max: 7 }),
            sort,
            filter,
            async (seed, size, sorted, filtered) => {
              await withDirectory(database, seed, async (read) => {
                const wanted: Wanted = {
                  ...(filtered ? { filter: printFilter(filtered) } : {}),
                  ...(sorted ? { sortBy: sorted[0], isDescending: sorted[1] } : {}),
                };
                const whole = await expectAgreement(read, type, wanted);
                const paged: string[] = [];
                for (let offset = 0; offset < whole.length + size; offset += size) {
                  const page = await read.search(type, { ...wanted, offset, count: size });
                  expect(page.total).toBe(whole.length);
                  paged.push(...page.ids);
                }
                expect(paged).toEqual(whole);
              });
            },
          ),
          { numRuns },
        );
      });
    });

    it('[FIL-08] does not find an empty string as present', async () => {
      await withHistory(database, async (history, read) => {
        history.happen([
          {
            type: 'createUser',
            after: 0,
            attributes: { userName: 'ada', displayName: '', emails: [{ value: '' }] },
          },
        ]);

        await expectAgreement(read, 'User', {
          filter: 'displayName pr or emails.value pr or emails[value pr]',
        });
      });
    });

    it.each(['gt', 'ge', 'lt', 'le', 'eq', 'ne', 'sw', 'ew', 'co'])(
      '[FIL-09] %s finds values that the index holds one unit short of the rest',
      async (op) => {
        await withHistory(database, async (history, read) => {
          const long = 'x'.repeat(255);
          const names = [long, `${long}x`, `${long}y`, `${long}😀`, `${long}xx`, `${long}😁z`];
          history.happen(
            names.map((userName) => ({ type: 'createUser', after: 0, attributes: { userName } }) as const),
          );

          for (const name of names)
            await expectAgreement(read, 'User', { filter: `userName ${op} "${name}"` });
        });
      },
    );

    it.each(['', 'a', '\ud7ff', 'a\uffff', '😀', '\u{10ffff}', 'a\u{10ffff}', '\u{10ffff}\u{10ffff}'])(
      '[FIL-01] sw finds what begins with %j and nothing beyond',
      async (prefix) => {
        await withHistory(database, async (history, read) => {
          const names = [
            'a',
            'ab',
            '\ud7ff',
            '\ue000',
            'a\uffff',
            'a😀',
            '😀',
            '😁',
            'a\u{10ffff}x',
            '\u{10ffff}',
            '\u{10ffff}\u{10ffff}z',
          ];
          history.happen(
            names.map((userName) => ({ type: 'createUser', after: 0, attributes: { userName } }) as const),
          );

          await expectAgreement(read, 'User', { filter: `userName sw "${prefix}"` });
        });
      },
    );

    it('[PAG-07] counts and gives nothing when nothing is asked for', async () => {
      await withHistory(database, async (history, read) => {
        history.createMany(3);

        for (const wanted of [
          {},
          { filter: 'userName sw "u"' },
          { filter: 'title eq null' },
          { sortBy: 'userName' },
        ]) {
          expect(await read.search('User', { ...wanted, count: 0 })).toMatchObject({ total: 3, ids: [] });
          expect(await read.search('User', { ...wanted, offset: 3 })).toMatchObject({ total: 3, ids: [] });
        }
      });
    });

    it('gives up an evaluation that takes longer than a request may', async () => {
      await withHistory(database, async (history, read) => {
        history.createMany(600);
        let calls = 0;
        const clock = jest.spyOn(Date, 'now').mockImplementation(() => (calls += 1) * 10_000);

        await expect(read.search('User', { filter: 'title eq "x"' })).rejects.toThrow(SearchTooLong);
        clock.mockRestore();
      });
    });

    it('[PAG-04] finds any page of a list with gaps through page marks', async () => {
      await withHistory(database, async (history, read) => {
        const alive = history.createMany(1300);
        const random = seededRandom(7);
        const left = alive.filter((id) => random() < 0.5 || !history.remove(id));

        for (const offset of [
          0,
          1,
          255,
          256,
          500,
          511,
          512,
          513,
          left.length - 1,
          left.length,
          left.length + 1,
        ]) {
          const page = await read.search('User', { offset, count: 3 });
          expect(page).toMatchObject({ total: left.length, ids: left.slice(offset, offset + 3) });
        }
      });
    });

    it('[PAG-04] counts and pages right after a whole mark of documents was deleted', async () => {
      await withHistory(database, async (history, read) => {
        const ids = history.createMany(1100);
        for (const id of ids.slice(500, 1060)) history.remove(id);
        const left = [...ids.slice(0, 500), ...ids.slice(1060)];

        expect(await read.search('User', { offset: 498, count: 4 })).toMatchObject({
          total: left.length,
          ids: left.slice(498, 502),
        });
      });
    });

    it('[DEL-02] finds nothing of a tenant that has no resources, and counts none', async () => {
      await withHistory(database, async (_, read) => {
        expect(await read.search('User', {})).toMatchObject({ total: 0, ids: [] });
        expect(await read.search('Nothing', {})).toMatchObject({ total: 0, ids: [] });
      });
    });
  });
}

/** What a search asks for; all of it has a default. */
interface Wanted {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly isDescending?: boolean;
  readonly offset?: number;
  readonly count?: number;
}

interface Answer {
  readonly total: number;
  readonly ids: readonly string[];
  /** The index alone answered. */
  readonly isByIndex: boolean;
}

interface DirectoryUnderTest {
  search(type: string, wanted: Wanted): Promise<Answer>;
  /** The same by evaluating every rendered resource. */
  judge(type: string, wanted: Wanted): Promise<readonly string[]>;
}

async function expectAgreement(
  read: DirectoryUnderTest,
  type: string,
  wanted: Wanted,
): Promise<readonly string[]> {
  const expected = await read.judge(type, wanted);
  const { total, ids, isByIndex } = await read.search(type, wanted);

  expect({ ...wanted, isByIndex, total, ids }).toEqual({
    ...wanted,
    isByIndex,
    total: expected.length,
    ids: expected,
  });
  return expected;
}

async function withDirectory(
  database: ReadModelDatabase,
  seed: Directory,
  check: (read: DirectoryUnderTest) => Promise<void>,
): Promise<void> {
  await withHistory(database, async (history, read) => {
    history.happen(seed);
    await check(read);
  });
}

async function withHistory(
  database: ReadModelDatabase,
  check: (history: DirectoryHistory, read: DirectoryUnderTest) => Promise<void>,
): Promise<void> {
  const generation = await database.generation();
  try {
    const commands: (readonly LedgerEvent[])[] = [];
    const history = new DirectoryHistory((events) => commands.push(events));
    const applied = async (): Promise<void> => {
      await generation.applyBatch(commands.splice(0).flat());
    };
    await check(history, readerOf(generation.database, applied));
  } finally {
    await generation.close();
  }
}

/** @param applied applies what has happened and is not applied yet */
function readerOf(database: ReadDatabase, applied: () => Promise<void>): DirectoryUnderTest {
  return {
    search: async (type, wanted) => {
      await applied();
      const request = requestOf(type, wanted);
      const byIndex = await database.read((interned) => searchByIndex(interned, request));
      const anyhow = idsOf(await database.read((interned) => searchAnyhow(interned, request)));
      if (byIndex) expect(idsOf(byIndex)).toEqual(anyhow);
      return { ...anyhow, isByIndex: byIndex !== undefined };
    },
    judge: async (typeName, wanted) => {
      await applied();
      const type = typeNamed(typeName);
      const { filter, sort } = requestOf(typeName, wanted);
      const rendered = await database.read((interned) =>
        renderAll({ interned, tenant: TENANT, type, baseUrl: BASE_URL }),
      );
      const matches = rendered.filter((resource) => filter === undefined || evaluate(filter, resource));
      if (!sort) return matches.map(({ id }) => id);
      const keyed = matches.map((resource) => ({ id: resource.id, key: sortKey(sort.by, resource) }));
      const ascending = keyed.toSorted((a, b) => compareSortKeys(a.key, b.key, 'ascending'));
      return (sort.isDescending ? ascending.toReversed() : ascending).map(({ id }) => id);
    },
  };
}

function* renderAll(context: RenderContext): Script<readonly (JsonObject & { readonly id: string })[]> {
  const rendered: (JsonObject & { readonly id: string })[] = [];
  for (const document of yield* allDocuments(context.type.name)) {
    const { id } = document;
    rendered.push({ ...(yield* renderResource(context, id, stateOf(document), DEFAULT_SELECTION)), id });
  }
  return rendered;
}

function requestOf(
  typeName: string,
  { filter, sortBy, isDescending = false, offset = 0, count = 10_000 }: Wanted,
) {
  const type = resourceTypeNamed(typeName);
  const leniencies = new LeniencyUse(ENTRA_LENIENCIES);
  const request: ResourceSearch = {
    tenant: TENANT,
    type: typeName,
    filter:
      filter === undefined || !type
        ? undefined
        : bindFilter(parseFilter(filter, leniencies), type.schema, leniencies, {
            unknownAttributes: 'noValue',
          }),
    sort: sortBy === undefined || !type ? undefined : { by: bindSort(sortBy, type.schema), isDescending },
    offset,
    count,
    baseUrl: BASE_URL,
  };
  return request;
}

function typeNamed(name: string): ResourceType {
  const type = resourceTypeNamed(name);
  if (!type) throw new Error(`no type ${name}`);
  return type;
}

function idsOf({ total, documents }: Found) {
  return { total, ids: documents.map(({ id }) => id) };
}

function* allDocuments(typeName: string) {
  return yield* rows<{ [Column in keyof Document]: Document[Column] }>(
    `SELECT d.key, d.kind, d.id, d.label, d.body FROM document d JOIN kind k ON k.key = d.kind
     WHERE k.tenant = ? AND k.name = ? ORDER BY d.key`,
    TENANT,
    typeName,
  );
}

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
