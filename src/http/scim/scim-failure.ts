// One place where anything thrown becomes what a SCIM client may see (RFC 7644 §3.12).
import { HttpException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  AppendTooLarge,
  OutcomeUnknown,
  RevisionConflict,
  StoreUnavailable,
} from '../../event-store/errors.js';
import { KeyStoreUnavailable } from '../../keys/errors.js';
import { ProjectionStopped } from '../../projections/generation.js';
import {
  DatabaseUnavailable,
  NoLiveGeneration,
  ReadModelBehind,
} from '../../projections/read-model-behind.js';
import { ScimError, scimErrors } from '../../scim/messages/scim-error.js';
import { parseScimPath } from './scim-url.js';

const RETRY_AFTER_SECONDS = 5;
const UNAVAILABLE = [StoreUnavailable, RevisionConflict, KeyStoreUnavailable, ProjectionStopped];

const BEHIND = [ReadModelBehind, DatabaseUnavailable, NoLiveGeneration];

/** Whether a failure is that of a store, which passes. */
export function isUnavailable(failure: unknown): boolean {
  return UNAVAILABLE.some((type) => failure instanceof type);
}

/** The error that a failure means to the client; `isExpected` is false for a fault of ours. */
export function toScimError(
  failure: unknown,
  request: FastifyRequest,
  bodyLimit: number,
): { readonly error: ScimError; readonly isExpected: boolean } {
  if (failure instanceof ScimError) return { error: failure, isExpected: true };
  if (failure instanceof AppendTooLarge) {
    return {
      error: scimErrors.payloadTooLarge(`${failure.limitBytes} bytes for one change`),
      isExpected: true,
    };
  }
  if (isUnavailable(failure)) {
    const error = scimErrors.unavailable(
      'The change could not be stored now; nothing was changed.',
      RETRY_AFTER_SECONDS,
    );
    return { error, isExpected: false };
  }
  // After the commit the read model is asked for the answer; before it, it authenticates.
  const isBehind = BEHIND.some((type) => failure instanceof type);
  if (isBehind && request.method === 'GET') {
    const error = scimErrors.unavailable('Resources cannot be read now.', RETRY_AFTER_SECONDS);
    return { error, isExpected: false };
  }
  if (isBehind || failure instanceof OutcomeUnknown) {
    const detail = 'It is not known whether the change was stored: read the resource before repeating it.';
    return { error: scimErrors.unavailable(detail, RETRY_AFTER_SECONDS), isExpected: false };
  }
  const error = fromStatus(statusOf(failure), request, bodyLimit);
  return error ? { error, isExpected: true } : { error: scimErrors.internal(request.id), isExpected: false };
}

function statusOf(failure: unknown): number | undefined {
  if (failure instanceof HttpException) return failure.getStatus();
  if (typeof failure !== 'object' || failure === null || !('statusCode' in failure)) return undefined;
  return typeof failure.statusCode === 'number' ? failure.statusCode : undefined;
}

// What the framework refuses by itself, before a controller is reached.
function fromStatus(
  status: number | undefined,
  request: FastifyRequest,
  bodyLimit: number,
): ScimError | undefined {
  switch (status) {
    case 404:
      return nothingThere(request);
    case 413:
      return scimErrors.payloadTooLarge(`${bodyLimit} bytes for a request body`);
    case 415:
      return scimErrors.unsupportedMediaType();
    case 400:
    case 414:
      return scimErrors.invalidSyntax(
        'The request could not be read: check its URL, headers and body length.',
      );
    default:
      return undefined;
  }
}

function nothingThere(request: FastifyRequest): ScimError {
  const path = parseScimPath(request.url);
  const shown = request.url.split('?', 1)[0] ?? '';
  if (!path) return scimErrors.endpointNotFound(shown);
  return path.version === 'v2' ? scimErrors.endpointNotFound(shown) : scimErrors.invalidVers(path.version);
}
