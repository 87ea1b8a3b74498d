import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { linesOf, writeFileOfLines } from './lines.js';

let folder: string;
const path = () => join(folder, 'file');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function read(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(path())) lines.push(line.toString());
  return lines;
}

describe('lines of a file', () => {
  it('end at a line feed only', async () => {
    writeFileSync(path(), 'a\u2028b\rc\u0085d\n\ne\n');

    expect(await read()).toEqual(['a\u2028b\rc\u0085d', '', 'e']);
  });

  it('may be longer than what is read at once, and end where that does', async () => {
    const lines = ['x'.repeat(600_000), 'y'.repeat((1 << 18) - 1), 'ü'.repeat(300_000)];
    writeFileSync(path(), lines.map((line) => `${line}\n`).join(''));

    expect(await read()).toEqual(lines);
  });

  it('are too long to be ours at some point, and are not gathered for ever', async () => {
    writeFileSync(path(), Buffer.alloc(68_000_000, 'x'));

    await expect(read()).rejects.toThrow('is not a file of this product');
  });
});

describe('a file that is written', () => {
  it('replaces the one before only when it is whole', async () => {
    writeFileSync(path(), 'before');
    async function* broken(): AsyncGenerator<string> {
      yield 'one\n';
      throw new Error('the source broke off');
    }
    async function* whole(): AsyncGenerator<string> {
      yield 'one\n';
      yield 'two\n';
    }

    await expect(writeFileOfLines(broken(), path())).rejects.toThrow('the source broke off');
    expect(readFileSync(path(), 'utf8')).toBe('before');
    expect(existsSync(`${path()}.draft`)).toBe(false);

    await writeFileOfLines(whole(), path());
    expect(await read()).toEqual(['one', 'two']);
  });
});
