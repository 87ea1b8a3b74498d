import { SearchTooLong } from '../../read-model/search.js';
import { bindFilter } from '../../scim/filter/bind.js';
import { parseFilter } from '../../scim/filter/parser.js';
import { LeniencyUse, STRICT } from '../../scim/leniency.js';
import { scimErrors } from '../../scim/messages/scim-error.js';
import { instantKey, parseDateTime } from '../../scim/schema/date-time.js';
import type { LiveReadModels } from '../live-read-models.js';
import type { AuditEntry } from './audit-entry.js';
import { auditSchema } from './audit.schema.js';
import type { EntrySearch, FoundEntries } from './entry-search.js';

const UNIT = 'audit';

export interface AuditSearch {
  readonly tenant: string;
  /** SCIM filter over the attributes of an entry. */
  readonly filter?: string;
  /** ISO 8601: entries from then on, and before then. */
  readonly since?: string;
  readonly until?: string;
  /** From the page before. */
  readonly cursor?: string;
  readonly count: number;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Where the next page begins; absent on the last one. */
  readonly nextCursor?: string;
}

export class AuditReader {
  constructor(private readonly models: LiveReadModels) {}

  /**
   * Entries of one tenant, up to the last change that was answered before this call.
   * @throws ScimError 400 `invalidFilter`, `invalidValue`, `tooMany`; 503 when the projection has stopped
   */
  async search({ tenant, filter, since, until, cursor, count }: AuditSearch): Promise<AuditPage> {
    const leniencies = new LeniencyUse(STRICT);
    const request: EntrySearch = {
      tenant,
      filter:
        filter === undefined
          ? undefined
          : bindFilter(parseFilter(filter, leniencies), auditSchema, leniencies),
      since: timeKey('since', since),
      until: timeKey('until', until),
      before: keyOf(cursor),
      count,
    };
    await this.#caughtUp();
    const { entries, next } = await this.#find(request);
    return { entries, ...(next === undefined ? {} : { nextCursor: cursorOf(next) }) };
  }

  async #caughtUp(): Promise<void> {
    try {
      await this.models.caughtUp(UNIT);
    } catch (error) {
      throw scimErrors.unavailable(`The audit is not up to date: ${(error as Error).message}`, 60);
    }
  }

  async #find(request: EntrySearch): Promise<FoundEntries> {
    try {
      return await this.models.longQuery<FoundEntries>(UNIT, request);
    } catch (error) {
      if (!(error instanceof SearchTooLong)) throw error;
      throw scimErrors.tooMany('narrow the filter by actor, resource, operation or time');
    }
  }
}

function timeKey(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const instant = parseDateTime(text);
  if (instant === undefined)
    throw scimErrors.invalidValue(name, 'a date and time such as 2026-01-31T00:00:00Z');
  return instantKey(instant);
}

function cursorOf(key: number): string {
  return Buffer.from(String(key)).toString('base64url');
}

function keyOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(text)) throw scimErrors.invalidValue('cursor', 'the nextCursor of the page before');
  return Number(text);
}
