// RFC 7644 §3.4.2.2: the filter grammar and its meaning, seen through queries.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApp, type App } from '../support/app.js';
import {
  createGroup,
  createUser,
  ENTERPRISE,
  expectError,
  filtered,
  find,
  read,
  references,
  SEARCH_REQUEST,
  USER,
} from './scim.js';

let app: App;
/** Name in the tables below → id. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  app = await startApp();
  const { id: bossId } = await createUser(app, { userName: 'boss@f.example', displayName: 'Zora' });
  const people: Record<string, Record<string, unknown>> = {
    anna: {
      userName: 'Anna@f.example',
      externalId: 'AbC',
      displayName: 'Anna',
      title: 'Baker',
      active: true,
      name: { familyName: 'Novak', givenName: 'Anna' },
      emails: [
        { type: 'work', value: 'anna@work.example', primary: true },
        { type: 'home', value: 'anna@home.example' },
      ],
      [ENTERPRISE]: { employeeNumber: '7', department: 'Ovens', manager: { value: bossId } },
    },
    bert: {
      userName: 'bert@f.example',
      externalId: 'xyz',
      displayName: 'Bert',
      active: false,
      name: { familyName: 'Mala' },
      emails: [
        { type: 'work', value: 'bert@home.example' },
        { type: 'home', value: 'bert@work.example' },
      ],
    },
    cyra: {
      userName: 'cyra@f.example',
      displayName: 'Čýra',
      title: 'baker',
      active: true,
      nickName: 'say "hi" \\ x',
    },
  };
  for (const [name, attributes] of Object.entries(people)) ids[name] = (await createUser(app, attributes)).id;
  ids['boss'] = bossId;
});

afterAll(() => app.stop());

const nameOf = (id: string): string => Object.keys(ids).find((name) => ids[name] === id) ?? id;

async function expectFound(filter: string, names: string): Promise<void> {
  const expected = names.split(' ').filter((name) => name !== '');

  const found = await find(app, '/Users', filter);

  expect(found.map(nameOf).toSorted()).toEqual(expected.toSorted());
}

async function expectRefused(filter: string): Promise<void> {
  expectError(await app.request('GET', filtered('/Users', filter)), 400, 'invalidFilter');
}

describe('operators', () => {
  it.each([
    ['userName eq "bert@f.example"', 'bert'],
    ['userName ne "bert@f.example"', 'anna boss cyra'],
    ['userName co "er"', 'bert'],
    ['userName sw "an"', 'anna'],
    ['userName ew "F.EXAMPLE"', 'anna bert boss cyra'],
    ['displayName gt "Anna"', 'bert cyra boss'],
    ['displayName ge "Bert"', 'bert cyra boss'],
    ['displayName lt "Bert"', 'anna'],
    ['displayName le "Bert"', 'anna bert'],
    ['title pr', 'anna cyra'],
    ['active eq true', 'anna boss cyra'],
    ['active eq false', 'bert'],
    ['active ne true', 'bert'],
  ])('[FIL-01] %s', expectFound);

  it('[FIL-01] names the unknown operator', async () => {
    const reply = await app.request('GET', filtered('/Users', 'userName xx "a"'));

    expectError(reply, 400, 'invalidFilter');
    expect(reply.body.detail).toContain('xx');
  });

  it.each([
    ['USERNAME EQ "BERT@f.example"', 'bert'],
    ['username Sw "bert" AND Active eq FALSE', 'bert'],
    ['not (userName SW "a") and TITLE PR', 'cyra'],
    ['Name.FamilyName eq "novak" OR userName eq "cyra@f.example"', 'anna cyra'],
  ])('[FIL-02] ignores the letter case of %s', expectFound);

  it.each([
    ['userName eq "ANNA@F.EXAMPLE"', 'anna'],
    ['title eq "BAKER"', 'anna cyra'],
    ['displayName eq "čÝRA"', 'cyra'],
    ['externalId eq "AbC"', 'anna'],
    ['externalId eq "abc"', ''],
    ['externalId co "bC"', 'anna'],
    ['externalId co "BC"', ''],
  ])('[FIL-03] obeys caseExact in %s', expectFound);

  it('[FIL-03] compares id exactly', async () => {
    await expectFound(`id eq "${ids['anna']}"`, 'anna');
    await expectFound(`id eq "${ids['anna']?.toUpperCase()}"`, '');
  });
});

describe('logic', () => {
  it.each([
    ['userName sw "bert" or active eq true and title pr', 'anna bert cyra'],
    ['userName sw "bert" or (active eq true and title pr)', 'anna bert cyra'],
    ['(userName sw "bert" or active eq true) and title pr', 'anna cyra'],
    ['title pr and active eq true or userName sw "bert"', 'anna bert cyra'],
  ])('[FIL-04] and binds tighter than or: %s', expectFound);

  it.each([
    ['not (title pr)', 'bert boss'],
    ['not(title pr)', 'bert boss'],
    ['not (title pr) and active eq true', 'boss'],
    ['not (title pr and active eq true)', 'bert boss'],
    ['not (not (title pr))', 'anna cyra'],
  ])('[FIL-05] %s', expectFound);

  it('[FIL-05] demands parentheses after not', () => expectRefused('not userName pr'));

  it.each([
    ['((((userName eq "bert@f.example"))))', 'bert'],
    [`${'('.repeat(30)}userName eq "bert@f.example"${')'.repeat(30)}`, 'bert'],
    ['  userName   eq   "bert@f.example"  ', 'bert'],
  ])('[FIL-06] groups and blanks in %s', expectFound);

  it.each([
    ['33 levels', `${'('.repeat(33)}title pr${')'.repeat(33)}`],
    ['1,500 open parentheses', '('.repeat(1500)],
    ['more than 4,096 characters', `userName eq "${'a'.repeat(4100)}"`],
    ['more than 200 terms', Array.from({ length: 201 }, () => 'title pr').join(' or ')],
  ])('[FIL-06, SEC-10] refuses %s', (_, filter) => expectRefused(filter));
});

describe('values', () => {
  it.each([
    ['nickName eq "say \\"hi\\" \\\\ x"', 'cyra'],
    ['displayName eq "\\u010c\\u00fdra"', 'cyra'],
    ['title eq null', 'bert boss'],
    ['title ne null', 'anna cyra'],
    ['userName sw anna', 'anna'],
  ])('[FIL-07] reads the value of %s', expectFound);

  it.each([
    "userName eq 'bert'",
    'userName eq "bert',
    'userName eq "\\x"',
    'userName eq [1]',
    'userName eq {"a":1}',
  ])('[FIL-07, FIL-23] refuses the value of %s', expectRefused);

  it.each([
    ['emails pr', 'anna bert'],
    ['name pr', 'anna bert'],
    ['name.givenName pr', 'anna'],
    ['emails.primary pr', 'anna'],
    [`${ENTERPRISE}:manager pr`, 'anna'],
    ['roles pr', ''],
    ['meta pr', 'anna bert boss cyra'],
  ])('[FIL-08] %s', expectFound);

  it.each([
    ['meta.created gt "2001-01-01T00:00:00Z"', 'anna bert boss cyra'],
    ['meta.created lt "2001-01-01T00:00:00+02:00"', ''],
    ['meta.lastModified ge "2020-01-01T00:00:00.123456789-07:00"', 'anna bert boss cyra'],
    ['meta.lastModified lt "2999-01-01T00:00:00"', 'anna bert boss cyra'],
  ])('[FIL-09] compares dates by time: %s', expectFound);

  it('[FIL-09] takes the same moment in another offset as equal', async () => {
    const { meta } = await read(app, `/Users/${ids['anna']}`);
    const shifted = new Date(Date.parse(meta.created) + 2 * 3_600_000).toISOString().replace('Z', '+02:00');

    expect(await find(app, '/Users', `id eq "${ids['anna']}" and meta.created eq "${shifted}"`)).toEqual([
      ids['anna'],
    ]);
  });

  it.each([
    'active gt true',
    'active le false',
    'x509Certificates.value gt "AAAA"',
    'emails.primary ge true',
  ])('[FIL-09] refuses an order that %s has not', expectRefused);

  it.each(['active co "t"', 'active sw "t"', 'x509Certificates.value co "AA"', 'emails.primary ew "e"'])(
    '[FIL-10] refuses %s',
    expectRefused,
  );

  it.each([
    ['title ne "Baker"', 'bert boss'],
    ['nickName ne "x"', 'anna bert boss cyra'],
    ['nickName eq null', 'anna bert boss'],
    ['not (nickName pr)', 'anna bert boss'],
  ])('[FIL-20] unassigned attributes in %s', expectFound);
});

describe('multi-valued and complex attributes', () => {
  it.each([
    ['emails.value eq "anna@home.example"', 'anna'],
    ['emails.type eq "home"', 'anna bert'],
    ['emails.value sw "bert@w"', 'bert'],
  ])('[FIL-11] any element may match %s', expectFound);

  it.each([
    ['emails co "@work"', 'anna bert'],
    ['emails eq "ANNA@work.example"', 'anna'],
  ])('[FIL-26, FIL-11] takes %s as a comparison of value', expectFound);

  it.each([
    ['emails[type eq "work" and value co "@work"]', 'anna'],
    ['emails.type eq "work" and emails.value co "@work"', 'anna bert'],
    ['emails[type eq "home" and value co "@work"]', 'bert'],
    ['emails[type eq "fax"]', ''],
  ])('[FIL-12] one element has to meet all of %s', expectFound);

  it.each([
    ['emails[type eq "work" and (value co "@work" or value co "bert")]', 'anna bert'],
    ['emails[not (type eq "work") and value co "@work"]', 'bert'],
    ['not (emails[type eq "work" and value co "@work"])', 'bert boss cyra'],
    ['userName sw "cyra" or emails[primary eq true]', 'anna cyra'],
    ['emails[type eq "work"] and title pr', 'anna'],
    ['emails[value pr]', 'anna bert'],
  ])('[FIL-13] combines inside and outside of brackets: %s', expectFound);

  it.each([
    ['emails[type eq "work"].value eq "anna@work.example"', 'anna'],
    ['emails[type eq "work"].value eq "anna@home.example"', ''],
    ['emails[type eq "work"].value co "example" and title pr', 'anna'],
    ['manager eq "nobody"', ''],
  ])('[FIL-14] takes what Entra writes: %s', expectFound);

  it('[FIL-14] compares manager and members by value', async () => {
    const group = await createGroup(app, { members: references({ id: ids['anna']! }) });

    await expectFound(`manager eq "${ids['boss']}"`, 'anna');
    expect(await find(app, '/Groups', `members eq "${ids['anna']}"`)).toEqual([group.id]);
  });

  it.each([
    [`${ENTERPRISE}:employeeNumber eq "7"`, 'anna'],
    [`${ENTERPRISE.toUpperCase()}:EMPLOYEENUMBER eq "7"`, 'anna'],
    [`${ENTERPRISE}:manager.value pr`, 'anna'],
    [`${ENTERPRISE}:department co "ven"`, 'anna'],
    [`${USER}:userName eq "bert@f.example"`, 'bert'],
    [`${USER}:name.familyName eq "mala"`, 'bert'],
    [`${USER}:emails[type eq "home"].value eq "bert@work.example"`, 'bert'],
  ])('[FIL-15, COM-10] resolves the URN in %s', expectFound);

  it.each(['name eq "Novak"', 'name co "N"', 'meta gt "2001-01-01T00:00:00Z"'])(
    '[FIL-16] demands a sub-attribute in %s',
    expectRefused,
  );

  it.each([
    'emails[addresses[type eq "work"]]',
    'emails[type eq "work"',
    'emails]type eq "work"[',
    'userName[value eq "a"]',
  ])('[FIL-13, FIL-23] refuses the brackets of %s', expectRefused);
});

describe('what is not ignored', () => {
  it.each([
    'unknownAttribute eq "a"',
    'emails.unknown eq "a"',
    'urn:example:other:userName eq "a"',
    'emails[unknown eq "a"]',
    'members eq "a"',
  ])('[FIL-17, FIL-18] refuses the unknown attribute of %s', expectRefused);

  it('[FIL-18] takes an attribute one type lacks as unassigned at the root', async () => {
    const { Resources } = await read(app, filtered('/', 'userName eq "bert@f.example"'));

    expect(Resources.map(({ id }) => id)).toEqual([ids['bert']]);
  });

  it('[FIL-19] refuses an empty filter', async () => {
    expectError(await app.request('GET', '/Users?filter='), 400, 'invalidFilter');
    expectError(await app.request('GET', '/Users?filter=%20%20'), 400, 'invalidFilter');
  });

  it.each([
    'password eq "a"',
    'password sw "a"',
    'password pr',
    `${USER}:PASSWORD co "a"`,
    'not (password eq "a")',
  ])('[FIL-21, SEC-04] answers 403 sensitive to %s', async (filter) => {
    expectError(await app.request('GET', filtered('/Users', filter)), 403, 'sensitive');
  });

  it('[FIL-21] refuses a password filter in a search as invalidFilter', async () => {
    const body = { schemas: [SEARCH_REQUEST], filter: 'password eq "a"' };

    expectError(await app.request('POST', '/Users/.search', body), 400, 'invalidFilter');
  });

  it('[FIL-22] caps the page, not the total', async () => {
    const { maxResults } = (await read(app, '/ServiceProviderConfig')).filter;

    const reply = await read(app, filtered('/Users', 'userName pr', `&count=${maxResults + 1}`));

    expect(reply.totalResults).toBe(4);
    expect(reply.itemsPerPage).toBeLessThanOrEqual(maxResults);
  });

  it.each([
    'userName',
    'userName eq',
    'eq "a"',
    'userName eq "a" "b"',
    'userName eq "a" and',
    'and userName eq "a"',
    'userName eq "a" or or title pr',
    '(userName eq "a"',
    'userName eq "a")',
    'userName eq "a" title pr',
    'userName pr "a"',
    'userName.value eq "a"',
    'user Name eq "a"',
    'user!name eq "a"',
    '()',
    'not ()',
    'not',
    '"a" eq userName',
    'emails[]',
    'emails[type eq "work"]]',
    'userName eq "a";drop table users',
  ])('[FIL-23] refuses %s', expectRefused);

  it('[FIL-23] never fails otherwise on arbitrary text', async () => {
    const pieces = [
      'userName',
      ' eq ',
      '"a"',
      '(',
      ')',
      '[',
      ']',
      ' and ',
      ' not ',
      '\\',
      '"',
      '.',
      ':',
      'é',
      '%',
      ' ',
    ];
    let seed = 7;
    const next = (bound: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % bound;
    };

    for (let run = 0; run < 300; run += 1) {
      const filter = Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)]).join('');
      const reply = await app.request('GET', filtered('/Users', filter));
      if (reply.status !== 200) expectError(reply, 400, 'invalidFilter');
    }
  });

  it.each(['" or "1"="1', "'; drop table users; --", '%', '_', '*', 'a" or userName pr or "'])(
    '[FIL-24] takes %j as a value like any other',
    async (value) => {
      await expectFound(`userName eq ${JSON.stringify(value)}`, '');
      await expectFound(`userName co ${JSON.stringify(value)}`, '');
    },
  );

  it.each([
    [`schemas eq "${ENTERPRISE}"`, 'anna'],
    [`schemas eq "${USER}" and active eq false`, 'bert'],
    ['schemas eq "urn:example:other"', ''],
  ])('[FIL-25] %s', expectFound);

  it('[FIL-27, POS-10] sees the value that a write answered', async () => {
    const { id, active } = await createUser(app, { displayName: 'Defaulted' });

    expect(await find(app, '/Users', `displayName eq "Defaulted" and active eq ${active}`)).toEqual([id]);
    await app.request('DELETE', `/Users/${id}`);
  });
});

describe('under the strict profile', () => {
  let strict: App;

  beforeAll(async () => {
    strict = await startApp({ profile: 'strict' });
  });

  afterAll(() => strict.stop());

  it.each([
    'userName eq bob',
    'meta.created gt 2015-10-10T14:38:21Z',
    'emails[type eq "work"].value eq "x"',
    'manager eq "x"',
  ])('[FIL-07, FIL-14] refuses %s', async (filter) => {
    expectError(await strict.request('GET', filtered('/Users', filter)), 400, 'invalidFilter');
  });

  it('[FIL-12] still takes the RFC form of a value path', async () => {
    const { id } = await createUser(strict, { emails: [{ type: 'work', value: 'x@y.example' }] });

    expect(await find(strict, '/Users', 'emails[type eq "work" and value eq "x@y.example"]')).toEqual([id]);
  });
});
