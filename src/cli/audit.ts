import { InvalidArgumentError, type Command } from 'commander';
import type { AuditEntry } from '../projections/audit/audit-entry.js';
import { auditSchema } from '../projections/audit/audit.schema.js';
import { bindFilter } from '../scim/filter/bind.js';
import { parseFilter } from '../scim/filter/parser.js';
import { LeniencyUse, STRICT } from '../scim/leniency.js';
import { parseDateTime } from '../scim/schema/date-time.js';
import { withAdminClient, type AdminClient } from './admin-client.js';
import { print } from './output.js';

interface SearchOptions {
  readonly tenant: string;
  readonly filter?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

interface Page {
  readonly entries: readonly AuditEntry[];
  readonly nextCursor?: string;
}

const PAGE = 500;
const EXAMPLE_FILTER = 'operation eq "disable" and actor.label eq "Entra"';

export function addAuditCommands(program: Command): void {
  program
    .command('audit')
    .description('the audit log')
    .command('search')
    .description('who changed what and when, newest first')
    .option('--tenant <slug>', 'tenant whose log is searched', 'default')
    .option('--filter <filter>', `SCIM filter, for example '${EXAMPLE_FILTER}'`, filterText)
    .option('--since <time>', 'entries from this time on (ISO 8601)', timeText)
    .option('--until <time>', 'entries before this time (ISO 8601)', timeText)
    .option('--limit <number>', 'entries at most', positiveNumber, 50)
    .action(search);
}

async function search(options: SearchOptions, command: Command): Promise<void> {
  const entries = await withAdminClient((client) => collect(client, options));
  print(command, entries, () =>
    entries.length === 0
      ? 'no entries'
      : entries.map(({ time, sentence }) => `${time}  ${sentence}`).join('\n'),
  );
}

async function collect(
  client: AdminClient,
  { limit, ...options }: SearchOptions,
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      ...definedOnly(options),
      count: String(Math.min(PAGE, limit - entries.length)),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const page = await client.call<Page>('GET', `/audit?${query.toString()}`);
    entries.push(...page.entries);
    cursor = page.nextCursor;
  } while (cursor !== undefined && entries.length < limit);
  return entries;
}

// What cannot be meant is wrong usage, and is told before any server is asked or opened.
function timeText(text: string): string {
  if (parseDateTime(text) !== undefined) return text;
  throw new InvalidArgumentError(
    'a date and time in ISO 8601 is expected, such as 2026-01-31T00:00:00Z (without a zone it is UTC)',
  );
}

function filterText(text: string): string {
  const leniencies = new LeniencyUse(STRICT);
  try {
    bindFilter(parseFilter(text, leniencies), auditSchema, leniencies);
    return text;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${problem} A SCIM filter is expected, such as '${EXAMPLE_FILTER}'`);
  }
}

function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 is expected');
  return Number(text);
}

function definedOnly(options: Omit<SearchOptions, 'limit'>): Record<string, string> {
  const { tenant, filter, since, until } = options;
  const given = Object.entries({ tenant, filter, since, until });
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
