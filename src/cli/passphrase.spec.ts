import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { readPassphrase, type Terminal } from './passphrase.js';

const GOOD = 'correct horse battery';

/** A terminal at which somebody types the next line whenever they are asked. */
function typing(...lines: readonly string[]): { readonly terminal: Terminal; readonly shown: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const left = [...lines];
  let shown = '';
  const write = (text: string): void => {
    shown += text;
    if (text.endsWith(': ')) setImmediate(() => input.write(left.shift() ?? ''));
  };
  return { terminal: { input, output: { write } }, shown: () => shown };
}

describe('a passphrase from the terminal', () => {
  it('is asked for twice when it is new, and never shown', async () => {
    const { terminal, shown } = typing(`${GOOD}\r`, `${GOOD}\r`);

    expect(await readPassphrase({ isNew: true, terminal })).toBe(GOOD);
    expect(shown()).toBe('Passphrase: \nThe same again: \n');
  });

  it('is asked for once when there is a file to open', async () => {
    const { terminal, shown } = typing('short\r');

    expect(await readPassphrase({ isNew: false, terminal })).toBe('short');
    expect(shown()).toBe('Passphrase: \n');
  });

  it.each([
    ['too short', ['short\r', 'short\r'], /12 characters/],
    ['typed differently', [`${GOOD}\r`, `${GOOD}!\r`], /differ/],
    ['given up', ['half\u0003'], /given up/],
    ['ended', ['\u0004'], /no passphrase/],
  ])('is refused when %s', async (_, lines, message) => {
    const { terminal } = typing(...lines);

    await expect(readPassphrase({ isNew: true, terminal })).rejects.toThrow(message);
  });

  it('needs one', async () => {
    const terminal = { input: new PassThrough(), output: { write: () => undefined } };

    await expect(readPassphrase({ isNew: false, terminal })).rejects.toThrow('--passphrase-file');
  });
});

describe('a passphrase from a file', () => {
  it('is its first line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'passphrase-'));
    const file = join(folder, 'file');
    writeFileSync(file, `${GOOD}  \r\nnot this\n`);

    const read = await readPassphrase({ file, isNew: true });

    rmSync(folder, { recursive: true });
    expect(read).toBe(`${GOOD}  `);
  });

  it('is refused when it cannot be read', async () => {
    await expect(readPassphrase({ file: '/nowhere/at/all', isNew: false })).rejects.toThrow('cannot be read');
  });
});
