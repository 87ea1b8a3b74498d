// Finds the ledger's last event in a log that others write to as well: the server's own events, other applications.
import type { AllStreamResolvedEvent, Position as LogPosition } from '@eventstore/db-client';
import type { Position } from '../event-store.js';
import { STREAM_PREFIX } from '../stream-names.js';
import type { EsdbConnection } from './connection.js';
import { drain } from './drain.js';
import { isSystemEvent } from './event-messages.js';
import { positionOf } from './position.js';
import { Retries } from './retries.js';

const FIRST_PAGE = 16;
const LARGEST_PAGE = 4096;

/** What an earlier search found: no event of ours after `head` up to `searchedTo`. */
interface Found {
  readonly searchedTo: Position;
  readonly head: Position | undefined;
}

/** A search on its way back from the end of the log. */
interface Search {
  /** Where it began: the last position of the log. */
  top: Position | undefined;
  from: LogPosition | 'end';
}

export class HeadFinder {
  readonly #connection: EsdbConnection;
  readonly #silenceMs: number;
  #found: Found | undefined;

  constructor(connection: EsdbConnection, silenceMs: number) {
    this.#connection = connection;
    this.#silenceMs = silenceMs;
  }

  /** @throws StoreUnavailable */
  async head(): Promise<Position | undefined> {
    const retries = new Retries(this.#connection);
    for (;;) {
      try {
        return await this.#search();
      } catch (error) {
        this.#found = undefined;
        await retries.failed(error);
      }
    }
  }

  async #search(): Promise<Position | undefined> {
    const search: Search = { top: undefined, from: 'end' };
    for (let pageSize = FIRST_PAGE; ; pageSize = Math.min(pageSize * 8, LARGEST_PAGE)) {
      const found = await this.#searchPage(search, pageSize);
      if (found === 'further') continue;
      const { head } = found;
      const { top } = search;
      if (top !== undefined && (this.#found === undefined || top > this.#found.searchedTo)) {
        this.#found = { searchedTo: top, head };
      }
      return head;
    }
  }

  async #searchPage(
    search: Search,
    maxCount: number,
  ): Promise<{ readonly head: Position | undefined } | 'further'> {
    const { client } = this.#connection;
    const { from } = search;
    const page = client.readAll({
      direction: 'backwards',
      fromPosition: from,
      maxCount,
      requiresLeader: true,
    });
    let isStart = true;
    for await (const { event } of drain<AllStreamResolvedEvent>(page, this.#silenceMs)) {
      if (event === undefined) continue;
      const position = positionOf(event.position);
      search.top ??= position;
      if (event.streamId.startsWith(STREAM_PREFIX) && !isSystemEvent(event)) return { head: position };
      const found = this.#found;
      // a log that ends before what was searched is another one, restored
      if (found && position <= found.searchedTo && search.top >= found.searchedTo)
        return { head: found.head };
      if (search.from === 'end' || event.position.commit < search.from.commit) isStart = false;
      search.from = event.position;
    }
    return isStart ? { head: undefined } : 'further';
  }
}
