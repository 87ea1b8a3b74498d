// Plays every recorded exchange of fixtures/, grouped by the twenty-five rules of the Entra dialect.
import { afterAll, describe, expect, it } from '@jest/globals';

import { startApp, type App } from '../support/app.js';
import { loadFixtures, play, type Fixture } from './fixture.js';

const RULES: readonly string[] = [
  'a filter that matches nothing answers 200',
  'eq and and are sent, the full grammar is offered',
  'matching attributes can be filtered',
  'op arrives in any letter case',
  'active arrives as boolean and as string',
  'active arrives with Add as well',
  'both PATCH dialects work on every request',
  'remove members with a value array removes those only',
  'replace of a missing typed value creates it',
  'replace leaves every other value alone',
  'dotted and URN keys are expanded',
  'manager has many shapes',
  'disabled users stay visible',
  'restoring keeps id and memberships',
  'excluded members are absent',
  'group PATCH answers 204, user PATCH 200',
  'groups are unique by displayName',
  'a duplicate answers 409 uniqueness',
  'userName ignores case and is stored as sent',
  'values are never transformed',
  'every answer is application/scim+json',
  'a write is visible at once',
  'twenty-five requests a second are served',
  'ids are opaque, stable and never reused',
  'unknown and empty input is tolerated',
];

const fixtures = loadFixtures();
const apps = new Map<string, Promise<App>>();

/** The app of a profile, emptied: each recording is made for a directory without resources. */
async function emptyApp(profile: 'default' | 'strict'): Promise<App> {
  const app = await (apps.get(profile) ?? start(profile));
  const emptied = await Promise.all(['/Groups', '/Users'].map((endpoint) => removeAll(app, endpoint)));
  if (emptied.every(Boolean)) return app;

  await app.stop();
  return start(profile);
}

function start(profile: 'default' | 'strict'): Promise<App> {
  const app = startApp({ profile });
  apps.set(profile, app);
  return app;
}

async function removeAll(app: App, endpoint: string): Promise<boolean> {
  const { status, body } = await app.request('GET', `${endpoint}?attributes=id`);
  if (status !== 200) return false;
  const replies = await Promise.all(
    body.Resources.map(({ id }) => app.request('DELETE', `${endpoint}/${id}`)),
  );
  return replies.every((reply) => reply.status === 204);
}

function itPlays(fixture: Fixture): void {
  it(`[${fixture.ids.join(', ')}] ${fixture.name} (${fixture.file})`, async () => {
    const app = await emptyApp(fixture.profile ?? 'default');

    const differences = await play(app, fixture);

    expect(differences).toEqual([]);
  });
}

afterAll(async () => {
  for (const app of apps.values()) await (await app).stop();
});

RULES.forEach((title, index) => {
  describe(`rule ${index + 1}: ${title}`, () => {
    const own = fixtures.filter(({ rule }) => rule === index + 1);

    it('has a recorded exchange', () => {
      expect(own).not.toHaveLength(0);
    });

    own.forEach(itPlays);
  });
});

describe('exchanges beyond the rules', () => {
  fixtures.filter(({ rule }) => rule === null).forEach(itPlays);
});

describe('the recordings', () => {
  it('all name a known rule or none, and at least one requirement', () => {
    const wrong = fixtures.filter(
      ({ rule, ids, name }) =>
        (rule !== null && RULES[rule - 1] === undefined) || ids.length === 0 || name === '',
    );

    expect(wrong).toEqual([]);
  });
});
