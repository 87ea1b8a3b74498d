import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config.js';
import { problemOf, type ProblemAnswer } from './admin/problem.js';
import { Refusals } from './scim/refusals.js';
import { toScimError } from './scim/scim-failure.js';
import { sendScimError } from './scim/scim-reply.js';
import { shownPath } from './scim/scim-url.js';

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
    if (OUTSIDE_SCIM.test(request.url)) {
      const answer = problemOf(failure, shownPath(request.url), this.config.bodyLimit);
      if (answer.status >= 500) request.log.error({ err: failure }, 'request failed');
      return sendProblem(reply, answer);
    }
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
function sendProblem(reply: FastifyReply, { status, title, headers = {} }: ProblemAnswer): void {
  const body = JSON.stringify({ type: 'about:blank', status, title });
  void reply.code(status).headers(headers).type('application/problem+json').send(Buffer.from(body));
}
