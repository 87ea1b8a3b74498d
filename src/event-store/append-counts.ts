/** What was appended since the start, by tenant, as far as tenants are few enough to be told apart. */
export class AppendCounts {
  readonly events = new Map<string, number>();
  readonly conflicts = new Map<string, number>();

  appended(tenant: string, events: number): void {
    add(this.events, tenant, events);
  }

  conflicted(tenant: string): void {
    add(this.conflicts, tenant, 1);
  }
}

/** A figure for each of a million tenants helps nobody: the rest is counted together. */
const MOST_TENANTS = 200;
export const OTHER_TENANTS = '(others)';

function add(counts: Map<string, number>, tenant: string, by: number): void {
  const name = counts.has(tenant) || counts.size < MOST_TENANTS ? tenant : OTHER_TENANTS;
  counts.set(name, (counts.get(name) ?? 0) + by);
}
