import { InvalidArgumentError, type Command } from 'commander';
import type { Token } from '../projections/directory/tokens/tokens.projection.js';
import { daysToExpiry } from '../tenants/secret-token.js';
import { withAdminClient } from './admin-client.js';
import { print, table } from './output.js';

interface Issued {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly expiresAt: string | null;
}

export function addTokenCommands(program: Command): void {
  const tokens = program.command('tokens').description('secret tokens of a tenant');
  const tenant = ['--tenant <slug>', 'tenant the token belongs to', 'default'] as const;
  tokens
    .command('issue')
    .description('make a new token; its secret is shown once')
    .option(...tenant)
    .option('--name <name>', 'what the token is called in lists and in the audit', 'unnamed')
    .option('--expires-in-days <days>', 'days until it expires; 0 never does', wholeNumber)
    .action(issue);
  tokens
    .command('list')
    .description('list tokens')
    .option(...tenant)
    .action(list);
  tokens
    .command('revoke <id>')
    .description('revoke a token; it is refused from the next request on')
    .option(...tenant)
    .action(revoke);
}

interface IssueOptions {
  readonly tenant: string;
  readonly name: string;
  readonly expiresInDays?: number;
}

async function issue({ tenant, name, expiresInDays }: IssueOptions, command: Command): Promise<void> {
  const body = { name, ...(expiresInDays === undefined ? {} : { expiresInDays }) };
  const issued = await withAdminClient((client) =>
    client.call<Issued>('POST', `/tenants/${encodeURIComponent(tenant)}/tokens`, body),
  );
  print(command, issued, () =>
    [
      `Secret Token:  ${issued.secret}`,
      `id:            ${issued.id}`,
      `expires:       ${issued.expiresAt ?? 'never'}`,
      'The secret is shown this once; keep it now.',
    ].join('\n'),
  );
}

async function list({ tenant }: { readonly tenant: string }, command: Command): Promise<void> {
  const { tokens } = await withAdminClient((client) =>
    client.call<{ tokens: readonly Token[] }>('GET', `/tenants/${encodeURIComponent(tenant)}/tokens`),
  );
  print(command, tokens, () =>
    table(
      ['ID', 'NAME', 'ISSUED', 'EXPIRES', 'STATE'],
      tokens.map(({ id, name, issuedAt, expiresAt, revokedAt }) => [
        id,
        name,
        issuedAt,
        expiresAt ?? 'never',
        revokedAt === null ? stateBy(expiresAt) : `revoked ${revokedAt}`,
      ]),
    ),
  );
}

function stateBy(expiresAt: string | null): string {
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) return 'expired';
  const days = daysToExpiry(expiresAt);
  return days === undefined ? 'active' : `active, expires in ${days} ${days === 1 ? 'day' : 'days'}`;
}

async function revoke(id: string, { tenant }: { readonly tenant: string }, command: Command): Promise<void> {
  const path = `/tenants/${encodeURIComponent(tenant)}/tokens/${encodeURIComponent(id)}`;
  await withAdminClient((client) => client.call('DELETE', path));
  print(command, { id, revoked: true }, () => `revoked ${id}`);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number of days is expected');
  return Number(text);
}
