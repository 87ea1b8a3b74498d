import {
  Catch,
  HttpException,
  Inject,
  Injectable,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config.js';
import { TenantRefusal } from '../tenants/decide.js';
import { ScimError } from '../scim/messages/scim-error.js';
import { Refusals } from './scim/refusals.js';
import { isUnavailable, toScimError } from './scim/scim-failure.js';
import { sendScimError } from './scim/scim-reply.js';

/** Everything that is thrown anywhere becomes an answer here: SCIM errors, or problem+json outside the SCIM API. */
@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly refusals: Refusals,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async catch(failure: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (OUTSIDE_SCIM.test(request.url)) return sendProblem(request, reply, failure);
    const { error, isExpected } = toScimError(failure, request, this.config.bodyLimit);
    if (!isExpected) request.log.error({ err: failure }, 'request failed');
    try {
      await this.refusals.record(request, error);
    } catch (unrecorded) {
      // The refusal stands whether or not it could be written down.
      request.log.error({ err: unrecorded }, 'a refused write could not be recorded');
    }
    sendScimError(reply, error);
  }
}

const OUTSIDE_SCIM = /^\/(admin|health|metrics)(\/|\?|$)/;

// RFC 9457
function sendProblem(request: FastifyRequest, reply: FastifyReply, failure: unknown): void {
  const { status, title, headers = {} } = problemOf(failure);
  if (status >= 500) request.log.error({ err: failure }, 'request failed');
  const body = JSON.stringify({ type: 'about:blank', status, title });
  void reply.code(status).headers(headers).type('application/problem+json').send(Buffer.from(body));
}

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function problemOf(failure: unknown): Problem {
  if (failure instanceof TenantRefusal) return { status: 422, title: failure.message };
  if (failure instanceof ScimError) {
    return { status: failure.status, title: failure.detail, headers: failure.headers };
  }
  if (isUnavailable(failure)) return { status: 503, title: 'The change could not be stored now' };
  if (failure instanceof HttpException) {
    const answer = failure.getResponse();
    const message = typeof answer === 'object' && 'message' in answer ? answer.message : failure.message;
    return {
      status: failure.getStatus(),
      title: Array.isArray(message) ? message.join('; ') : String(message),
    };
  }
  const status = (failure as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status < 500) return { status, title: 'The request could not be read' };
  return { status: 500, title: 'The server failed to process the request' };
}
