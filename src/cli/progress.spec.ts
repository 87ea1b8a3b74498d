import { describe, expect, it } from '@jest/globals';
import { Progress, type ProgressStream } from './progress.js';

const WIPE = '\r\u001b[2K';

describe('progress on a terminal', () => {
  it('is one line that is written over and ended once', () => {
    expect(written({ isTTY: true, columns: 80 }, ['1 of 2', '2 of 2'])).toBe(`${WIPE}1 of 2${WIPE}2 of 2\n`);
  });

  it('never fills the width: a wrapped line would be left behind', () => {
    expect(written({ isTTY: true, columns: 10 }, ['0123456789abc'])).toBe(`${WIPE}012345678\n`);
  });

  it('leaves no blank line where nothing was shown', () => {
    expect(written({ isTTY: true }, [])).toBe('');
  });
});

describe('progress in a file', () => {
  it('is plain lines, each said once, without a blank one at the end', () => {
    expect(written({}, ['1 of 2', '1 of 2', '2 of 2'])).toBe('1 of 2\n2 of 2\n');
  });
});

function written(kind: Omit<ProgressStream, 'write'>, texts: readonly string[]): string {
  let all = '';
  const progress = new Progress({ ...kind, write: (text) => (all += text) });
  for (const text of texts) progress.show(text);
  progress.end();
  return all;
}
