import type { FastifyReply } from 'fastify';
import type { JsonObject } from '../../scim/json.js';
import type { ScimError } from '../../scim/messages/scim-error.js';

/** RFC 7644 §8.1. No charset: the type defines none. */
export const SCIM_MEDIA_TYPE = 'application/scim+json';

// With a serializer of ours Fastify leaves the media type alone, to which it would add a charset.
const asItIs = (payload: unknown): string => String(payload);

/** Answers with a body of SCIM's media type. */
export function sendScim(
  reply: FastifyReply,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  const payload = JSON.stringify(body);
  void reply.code(status).headers(headers).type(SCIM_MEDIA_TYPE).serializer(asItIs).send(payload);
}

/** Answers with the error that a failure means to a client. */
export function sendScimError(reply: FastifyReply, error: ScimError): void {
  sendScim(reply, error.status, error.toBody(), error.headers);
}

/** Answers 204 or 304: no body, no type. */
export function sendEmpty(
  reply: FastifyReply,
  status: 204 | 304,
  headers: Readonly<Record<string, string>> = {},
): void {
  void reply.code(status).headers(headers).send();
}

/** Entity tag of a revision (DEC ETG-04). */
export function etagOf(revision: number): string {
  return `W/"${revision}"`;
}
