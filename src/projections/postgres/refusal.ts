// What a server's refusal at the start means for whoever set READ_MODEL.
import { stateOf } from '../../read-model/postgres-errors.js';

/** The database cannot be used as a read model: the message names the setting and the cure. */
export class ReadModelRefused extends Error {
  override readonly name = 'ReadModelRefused';
}

const CURES: Readonly<Record<string, string>> = {
  '28P01': 'the password is not the right one. Give the user and password that the server knows',
  '28000': 'the server does not let this user in. Give a user that may connect (see pg_hba.conf)',
  '3D000': 'there is no such database. Make it (CREATE DATABASE … ENCODING UTF8), or name another',
  '42501': 'the user may not do this. Grant it CREATE on the database',
};

/** The refusal that an error at the start comes to; undefined for what may pass or is no setting's fault. */
export function refusalOf(error: unknown): ReadModelRefused | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  const cause = (error.cause ?? error) as { readonly code?: unknown };
  const cure = CURES[stateOf(error) ?? ''];
  if (cure !== undefined) return new ReadModelRefused(`READ_MODEL: ${cure} (${message})`, { cause: error });
  if (cause.code === 'ENOTFOUND') {
    return new ReadModelRefused(`READ_MODEL: no server of this name is known (${message})`, { cause: error });
  }
  return undefined;
}
