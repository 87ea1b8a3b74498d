// Files of lines, read and written in pieces: they are of any size.
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TransferRefused } from './errors.js';

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 1 << 18;
/** No event comes near it: whatever has a longer line is no file of ours. */
const LONGEST_LINE_BYTES = 1 << 26;

/**
 * The lines of a file, without their ends. Lines end at a line feed and nowhere else: JSON may hold every other
 * character that some take for the end of a line.
 *
 * @throws TransferRefused when the file cannot be read, a line is too long, or the last one has no end
 */
export async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunksOf(path)) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const part = chunk.subarray(from, end);
      yield rest.length === 0 ? part : Buffer.concat([...rest, part]);
      rest = [];
      restBytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
    restBytes += chunk.length - from;
    if (restBytes > LONGEST_LINE_BYTES) throw new TransferRefused(`${path} is not a file of this product`);
  }
  if (restBytes > 0) throw cutOff(path);
}

export function cutOff(path: string): TransferRefused {
  return new TransferRefused(`${path} is cut off: its end is missing. Copy it again, or export again.`);
}

/** Gives the lines, complete with their ends, to a stream that stays open. */
export async function writeLines(lines: AsyncIterable<string>, stream: Writable): Promise<void> {
  await pipeline(Readable.from(joined(lines)), stream, { end: false });
}

/**
 * Writes a file that is there whole or not at all: to a draft beside it (mode 0600), which takes its place when it is
 * on the disk.
 *
 * @throws TransferRefused when the file cannot be written
 */
export async function writeFileOfLines(lines: AsyncIterable<string>, path: string): Promise<void> {
  // A device would be replaced by the file that takes its place.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new TransferRefused(`${path} is there and is no file. Name a file.`);
  }
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  try {
    await pipeline(
      Readable.from(joined(lines)),
      createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }),
    );
    await rename(draft, path);
    await flushFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    if (!isOfFiles(error)) throw error;
    const reason = `${basename(path)} cannot be written in ${dirname(path)}: ${error.message}`;
    throw new TransferRefused(reason, { cause: error });
  }
}

// One piece for many lines: a stream costs much more for each piece than for each byte.
async function* joined(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const line of lines) {
    text += line;
    if (text.length < CHUNK_BYTES) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    if (!isOfFiles(error)) throw error;
    throw new TransferRefused(`${path} cannot be read: ${error.message}`, { cause: error });
  }
}

// By what it says alone: where modules are loaded several times there are several classes of error.
function isOfFiles(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
