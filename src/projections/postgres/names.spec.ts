import { describe, expect, it } from '@jest/globals';
import { namesWith } from './names.js';

describe('names of schemas', () => {
  it('begin with the prefix', () => {
    const names = namesWith('acme');

    expect(names.control).toBe('acme');
    expect(names.generation('directory', 7)).toBe('acme_directory_7');
  });

  it.each(['', 'Acme', 'a-b', 'a"b', '1a', 'pg_x', 'a'.repeat(32)])('cannot begin with %j', (prefix) => {
    expect(() => namesWith(prefix)).toThrow(RangeError);
  });
});
