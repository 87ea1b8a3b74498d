// The whole log of the store that the settings name, as lines to a file or a stream.
import type { Writable } from 'node:stream';
import type { Config } from '../config/config.js';
import { writeFileOfLines, writeLines } from './lines.js';
import { logFileLines, type CarriedEvent, type LogFileSummary } from './log-file.js';
import { openLogSource, type LogSource } from './log-source.js';

export interface ExportProgress {
  readonly events: number;
  /** Where it is known. */
  readonly total: number | undefined;
}

/**
 * Writes the events there are when it begins; a server that runs on the store goes on.
 *
 * @param target path of a file, which is there whole or not at all; or a stream, which stays open
 * @throws TransferRefused when there is no ledger or the file cannot be written; ConfigError when the store cannot be
 *   reached
 */
export async function exportLog(
  config: Config,
  target: string | Writable,
  onProgress: (progress: ExportProgress) => void = () => undefined,
): Promise<LogFileSummary> {
  const source = await openLogSource(config);
  let summary: LogFileSummary = { events: 0, sha256: '' };
  async function* lines(): AsyncGenerator<string> {
    summary = yield* logFileLines(source.keyFingerprint, counted(source, onProgress));
  }
  try {
    await (typeof target === 'string' ? writeFileOfLines(lines(), target) : writeLines(lines(), target));
    return summary;
  } finally {
    await source.close();
  }
}

async function* counted(
  source: LogSource,
  onProgress: (progress: ExportProgress) => void,
): AsyncGenerator<CarriedEvent> {
  let events = 0;
  for await (const event of source.events()) {
    onProgress({ events: (events += 1), total: source.count });
    yield event;
  }
}
