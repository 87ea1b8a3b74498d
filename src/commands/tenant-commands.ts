// Registering tenants, issuing and revoking their tokens.
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '../event-store/envelope/command-context.js';
import { EventLog, type StreamWrite } from '../event-store/event-log.js';
import { streamName } from '../event-store/stream-names.js';
import {
  decideIssue,
  decideRegister,
  decideRevoke,
  evolveToken,
  type TokenState,
} from '../tenants/decide.js';
import type { TokenEvent, TokenIssued } from '../tenants/events.js';

/** Registers a tenant, with its first token in the same commit: nobody is left with one of the two. */
export class RegisterTenant extends Command<void> {
  constructor(
    readonly context: CommandContext,
    readonly profile: string,
    readonly firstToken?: TokenIssued['data'],
  ) {
    super();
  }
}

@CommandHandler(RegisterTenant)
export class RegisterTenantHandler implements ICommandHandler<RegisterTenant> {
  constructor(private readonly log: EventLog) {}

  async execute({ context, profile, firstToken }: RegisterTenant): Promise<void> {
    const stream = streamName(context.tenant, 'tenant', 'config');
    const { events, revision, tipHash } = await this.log.load(stream);
    const registered = decideRegister(events.length > 0, context.tenant, profile);
    const writes = [{ stream, revision, tipHash, events: [{ ...registered, schemaVersion: 1 }] }];
    await this.log.append(firstToken ? [...writes, issueWrite(context.tenant, firstToken)] : writes, context);
  }
}

function issueWrite(tenant: string, token: TokenIssued['data']): StreamWrite {
  const stream = streamName(tenant, 'token', token.tokenId);
  const issued = decideIssue(token);
  return { stream, revision: -1, tipHash: '', events: [{ ...issued, schemaVersion: 1 }] };
}

/** Issues a token, given its hash: the secret never reaches a command, an event or a log. */
export class IssueToken extends Command<void> {
  constructor(
    readonly context: CommandContext,
    readonly token: TokenIssued['data'],
  ) {
    super();
  }
}

@CommandHandler(IssueToken)
export class IssueTokenHandler implements ICommandHandler<IssueToken> {
  constructor(private readonly log: EventLog) {}

  async execute({ context, token }: IssueToken): Promise<void> {
    await this.log.append([issueWrite(context.tenant, token)], context);
  }
}

export class RevokeToken extends Command<void> {
  constructor(
    readonly context: CommandContext,
    readonly tokenId: string,
  ) {
    super();
  }
}

@CommandHandler(RevokeToken)
export class RevokeTokenHandler implements ICommandHandler<RevokeToken> {
  constructor(private readonly log: EventLog) {}

  async execute({ context, tokenId }: RevokeToken): Promise<void> {
    const stream = streamName(context.tenant, 'token', tokenId);
    const { events, revision, tipHash } = await this.log.load(stream);
    // A token's stream holds token events only.
    const state = events.reduce<TokenState | undefined>(
      (current, event) => evolveToken(current, event as unknown as TokenEvent),
      undefined,
    );
    const revoked = decideRevoke(state, tokenId);
    if (!revoked) return;
    await this.log.append(
      [{ stream, revision, tipHash, events: [{ ...revoked, schemaVersion: 1 }] }],
      context,
    );
  }
}
