// What the admin API says when it refuses: problem+json (RFC 9457) with titles of our own, never the framework's.
import { HttpException, type ValidationError } from '@nestjs/common';
import { ScimError } from '../../scim/messages/scim-error.js';
import { TenantRefusal } from '../../tenants/decide.js';
import { isUnavailable } from '../scim/scim-failure.js';

/** An answer of the admin API that is an error. */
export interface ProblemAnswer {
  readonly status: number;
  /** What was wrong, as a person would say it. */
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request to the admin API that is refused. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly title: string,
  ) {
    super(title);
  }
}

/**
 * What was wrong with a body or a query. The members' decorators say in `message` what is accepted.
 * @returns a 400
 */
export function invalidRequest(errors: readonly ValidationError[]): Problem {
  return new Problem(400, errors.map(titleOfMember).join(' '));
}

function titleOfMember({ property, constraints = {} }: ValidationError): string {
  if ('whitelistValidation' in constraints) return `'${property}' is not known here.`;
  const [accepted] = Object.values(constraints);
  return `The value of '${property}' is not accepted: expected ${accepted ?? 'another one'}.`;
}

/** The answer that anything thrown outside the SCIM API becomes. */
export function problemOf(failure: unknown, path: string, bodyLimit: number): ProblemAnswer {
  if (failure instanceof Problem) return failure;
  if (failure instanceof TenantRefusal) return { status: 422, title: failure.message };
  if (failure instanceof ScimError) {
    return { status: failure.status, title: failure.detail, headers: failure.headers };
  }
  if (isUnavailable(failure)) return { status: 503, title: 'The change could not be stored now.' };
  const status = statusOf(failure);
  return { status, title: titleOfStatus(status, path, bodyLimit) };
}

function statusOf(failure: unknown): number {
  if (failure instanceof HttpException) return failure.getStatus();
  const status = (failure as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status < 500 ? status : 500;
}

// What the framework refuses by itself, before a controller is reached.
function titleOfStatus(status: number, path: string, bodyLimit: number): string {
  switch (status) {
    case 404:
      return `There is nothing at ${path} for this method.`;
    case 413:
      return `The request body exceeds the limit of ${bodyLimit} bytes.`;
    case 415:
      return 'The body must be application/json in UTF-8.';
    default:
      return status >= 500
        ? 'The server failed to process the request.'
        : 'The request could not be read: check its URL, headers and body.';
  }
}
