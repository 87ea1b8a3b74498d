// What an operator's monitoring sees.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createUser } from '../conformance/scim.js';
import { startApp, type App } from '../support/app.js';

describe('metrics', () => {
  let app: App;

  beforeAll(async () => {
    app = await startApp({ stores: 'memory' });
  });

  afterAll(() => app.stop());

  const metrics = async (): Promise<Map<string, number>> => {
    const response = await fetch(`${app.url}/metrics`, {
      headers: { authorization: `Bearer ${app.adminToken}` },
    });
    expect(response.status).toBe(200);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('scim_ledger_'));
    return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/ (\S+)$/.exec(line)?.[1])]));
  };

  it('count what was appended, by tenant', async () => {
    const before = await metrics();
    await createUser(app);
    const after = await metrics();

    const name = 'scim_ledger_appended_events_total{tenant="default"}';
    // The user and the claim of its name.
    expect((after.get(name) ?? 0) - (before.get(name) ?? 0)).toBe(2);
  });

  it('tell of each projection whether it follows, and how far it is behind', async () => {
    await createUser(app);
    const figures = await metrics();

    for (const projection of ['directory', 'audit']) {
      expect(figures.get(`scim_ledger_projection_live{projection="${projection}"}`)).toBe(1);
      expect(figures.get(`scim_ledger_projection_generation{projection="${projection}"}`)).toBeGreaterThan(0);
    }
    expect(figures.get('scim_ledger_projection_lag_events{projection="directory"}')).toBe(0);
    expect(figures.get('scim_ledger_projection_lag_seconds{projection="directory"}')).toBe(0);
    // Nobody has read the audit, which follows when somebody does.
    expect(figures.get('scim_ledger_projection_lag_events{projection="audit"}')).toBeGreaterThan(0);
    expect(figures.get('scim_ledger_event_log_healthy')).toBe(1);
  });

  it('are for administrators only', async () => {
    expect((await fetch(`${app.url}/metrics`)).status).toBe(401);
  });
});
