import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { AdminAuth } from '../auth/admin-auth.js';
import { CommandBus } from '@nestjs/cqrs';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { IssueToken, RevokeToken } from '../../commands/tenant-commands.js';
import { DirectoryReader } from '../../projections/directory/directory.reader.js';
import type { Token } from '../../projections/directory/tokens/tokens.projection.js';
import { expiryAfter, hashToken, newSecretToken, TOKEN_LIFETIME_DAYS } from '../../tenants/secret-token.js';
import { adminContext, requireTenant, VALIDATED } from './admin-context.js';

const NAME = { message: 'a string of 1 to 100 characters' };
const DAYS = { message: 'a whole number from 0 to 36500' };

class IssueTokenBody {
  @IsString(NAME)
  @Length(1, 100, NAME)
  name: string = 'unnamed';

  /** Days until it expires; 0 never does. */
  @IsOptional()
  @IsInt(DAYS)
  @Min(0, DAYS)
  @Max(36_500, DAYS)
  expiresInDays?: number;
}

/** Tokens of a tenant: the secret is in the answer that issues it and nowhere else. */
@Controller('admin/v1/tenants/:tenant/tokens')
@UseGuards(AdminAuth)
export class TokensController {
  constructor(
    private readonly commands: CommandBus,
    private readonly directory: DirectoryReader,
  ) {}

  @Get()
  async list(@Param('tenant') tenant: string) {
    await requireTenant(this.directory, tenant);
    return { tokens: (await this.directory.tokens(tenant)).map(shown) };
  }

  @Post()
  async issue(
    @Param('tenant') tenant: string,
    @Body(VALIDATED) { name, expiresInDays = TOKEN_LIFETIME_DAYS }: IssueTokenBody,
    @Req() request: FastifyRequest,
  ) {
    await requireTenant(this.directory, tenant);
    const secret = newSecretToken();
    const token = {
      tokenId: randomUUID(),
      name,
      hash: hashToken(secret),
      ...(expiresInDays === 0 ? {} : { expiresAt: expiryAfter(expiresInDays) }),
    };
    await this.commands.execute(new IssueToken(adminContext(request, tenant), token));
    return { id: token.tokenId, name, secret, expiresAt: token.expiresAt ?? null };
  }

  @Delete(':id')
  @HttpCode(204)
  async revoke(@Param('tenant') tenant: string, @Param('id') id: string, @Req() request: FastifyRequest) {
    await requireTenant(this.directory, tenant);
    await this.commands.execute(new RevokeToken(adminContext(request, tenant), id));
  }
}

function shown({ hash: _hash, ...token }: Token): Omit<Token, 'hash'> {
  return token;
}
