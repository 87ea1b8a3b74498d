// A log as a file: a line that says what it is, a line for each event in the order of the log, and a line that proves
// the file whole. Every line is canonical JSON (RFC 8785), and events are as they are stored: sealed, with their hashes,
// without the position and the time that a store gave them. One log has one file, whichever store it comes from.
import { createHash } from 'node:crypto';
import type { StoredEvent } from '../event-store/event-store.js';
import { canonicalJson, isJsonObject, type JsonObject, parseJsonObject } from '../event-store/json.js';
import { parseStreamName } from '../event-store/stream-names.js';
import { TransferRefused } from './errors.js';
import { cutOff, linesOf } from './lines.js';

const FORMAT = 'scim-ledger-log';
const VERSION = 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/** An event as it travels. */
export type CarriedEvent = Pick<StoredEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

export interface LogFileSummary {
  readonly events: number;
  /** Of every line before the last one, hexadecimal. */
  readonly sha256: string;
}

/** The lines of a log's file, each with its end. Returns what the last one says. */
export async function* logFileLines(
  keyFingerprint: string,
  events: AsyncIterable<CarriedEvent>,
): AsyncGenerator<string, LogFileSummary> {
  const digest = createHash('sha256');
  const line = (value: JsonObject): string => {
    const text = `${canonicalJson(value)}\n`;
    digest.update(text);
    return text;
  };
  yield line({ format: FORMAT, version: VERSION, keyFingerprint });
  let count = 0;
  for await (const { stream, revision, id, type, data, metadata } of events) {
    count += 1;
    yield line({ stream, revision, id, type, data, metadata });
  }
  const summary = { events: count, sha256: digest.digest('hex') };
  yield `${canonicalJson(summary)}\n`;
  return summary;
}

/** Reads a log's file. Each reading proves by itself that the file is whole and was not changed. */
export class LogFile {
  /** Use `openLogFile`. */
  constructor(
    readonly path: string,
    /** Of the secret key that the log was written with. */
    readonly keyFingerprint: string,
  ) {}

  /**
   * The events in the order of the log. Returns what the file's last line says.
   *
   * @throws TransferRefused when the file is cut, was changed, or is not as an export writes it
   */
  async *events(): AsyncGenerator<CarriedEvent, LogFileSummary> {
    const digest = createHash('sha256');
    let count = -1;
    let summary: LogFileSummary | undefined;
    for await (const line of linesOf(this.path)) {
      if (summary !== undefined) throw this.#changed(count + 3, 'comes after the last one');
      const text = line.toString('utf8');
      const value = this.#parsed(text, count + 2);
      if (isSummary(value)) {
        summary = value;
        continue;
      }
      digest.update(line).update('\n');
      count += 1;
      // the first line is known since the file was opened
      if (count > 0) yield this.#event(value, text, count + 1);
    }
    if (summary === undefined) throw cutOff(this.path);
    if (summary.events !== count || summary.sha256 !== digest.digest('hex')) {
      throw new TransferRefused(
        `${this.path} is not what was exported: its ${count} events do not come to the SHA-256 of its last line. Copy it again, or export again.`,
      );
    }
    return summary;
  }

  #parsed(text: string, lineNumber: number): JsonObject {
    try {
      return parseJsonObject(text);
    } catch {
      throw this.#changed(lineNumber, 'is no JSON');
    }
  }

  #event(value: JsonObject, text: string, lineNumber: number): CarriedEvent {
    if (!isCarriedEvent(value)) throw this.#changed(lineNumber, 'is no event');
    if (canonicalJson(value) !== text) throw this.#changed(lineNumber, 'is not in canonical form');
    return value;
  }

  #changed(lineNumber: number, what: string): TransferRefused {
    return new TransferRefused(
      `${this.path} was changed: line ${lineNumber} ${what}. Copy it again, or export again.`,
    );
  }
}

/** @throws TransferRefused when it is no log's file, or of a newer version */
export async function openLogFile(path: string): Promise<LogFile> {
  for await (const line of linesOf(path)) {
    const { format, version, keyFingerprint } = headOf(line);
    if (format !== FORMAT || typeof version !== 'number' || typeof keyFingerprint !== 'string') break;
    if (version > VERSION) {
      throw new TransferRefused(
        `${path} has version ${version} of the format; this program reads ${VERSION}. Import it with the program that exported it, or a newer one.`,
      );
    }
    if (FINGERPRINT.test(keyFingerprint)) return new LogFile(path, keyFingerprint);
    break;
  }
  throw new TransferRefused(`${path} is no exported log. Give the file that \`scim-ledger export\` wrote.`);
}

function headOf(line: Buffer): JsonObject {
  try {
    return parseJsonObject(line.toString('utf8'));
  } catch {
    return {};
  }
}

function isSummary(value: JsonObject): value is JsonObject & LogFileSummary {
  return typeof value['events'] === 'number' && typeof value['sha256'] === 'string';
}

function isCarriedEvent(value: JsonObject): value is JsonObject & CarriedEvent {
  const { stream, revision, id, type, data, metadata } = value;
  return (
    typeof stream === 'string' &&
    parseStreamName(stream) !== undefined &&
    Number.isSafeInteger(revision) &&
    typeof id === 'string' &&
    UUID.test(id) &&
    typeof type === 'string' &&
    /^[A-Za-z]/.test(type) &&
    isJsonObject(data) &&
    isJsonObject(metadata)
  );
}
