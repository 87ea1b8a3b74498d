import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GenerationFiles } from './generation-files.js';

describe('the files of generations', () => {
  let folder: string;
  let files: GenerationFiles;

  const touch = (...names: readonly string[]): void => {
    for (const name of names) writeFileSync(join(folder, name), '');
  };

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'scim-ledger-files-')), 'read-model');
    files = new GenerationFiles(folder);
  });

  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true, force: true });
  });

  it('are in a folder that is made when it is missing', () => {
    expect(existsSync(folder)).toBe(true);
  });

  it('name nothing live in an empty folder, and number from 1', () => {
    expect(files.live('directory')).toBeUndefined();
    expect(files.nextNumber('directory')).toBe(1);
  });

  it('name the generation that was pointed at last', () => {
    touch('directory-1.sqlite', 'directory-2.sqlite');

    files.point('directory', 1);
    files.point('directory', 2);

    expect(files.live('directory')).toBe(2);
    expect(new GenerationFiles(folder).live('directory')).toBe(2);
    expect(files.live('audit')).toBeUndefined();
  });

  it('keep the old pointer when a new one was begun and never put in place', () => {
    touch('directory-1.sqlite', 'directory-2.sqlite');
    files.point('directory', 1);
    writeFileSync(join(folder, 'directory.live.json.new'), '{"gener');

    expect(files.live('directory')).toBe(1);

    files.point('directory', 2);
    expect(files.live('directory')).toBe(2);
    expect(readdirSync(folder)).not.toContain('directory.live.json.new');
  });

  it.each([
    ['is no JSON', '{"gener'],
    ['is empty', ''],
    ['names no number', '{"generation":"1"}'],
    ['names a generation without a file', '{"generation":7}'],
    ['is null', 'null'],
  ])('name nothing live when the pointer %s', (_, text) => {
    touch('directory-1.sqlite');
    writeFileSync(join(folder, 'directory.live.json'), text);

    expect(files.live('directory')).toBeUndefined();
  });

  it('number beyond every generation there is, live or not', () => {
    touch(
      'directory-3.sqlite',
      'directory-10.sqlite',
      'directory-10.sqlite-wal',
      'audit-40.sqlite',
      'notes.txt',
    );

    expect(files.nextNumber('directory')).toBe(11);
  });

  it('remove all generations of a unit but the live one, with their journals', () => {
    touch('directory-1.sqlite', 'directory-1.sqlite-wal', 'directory-1.sqlite-shm', 'directory-2.sqlite');
    touch('directory-2.sqlite-wal', 'audit-1.sqlite');

    files.removeOthers('directory', 2);

    expect(readdirSync(folder).toSorted()).toEqual([
      'audit-1.sqlite',
      'directory-2.sqlite',
      'directory-2.sqlite-wal',
    ]);
  });

  it('are not there in memory', () => {
    const inMemory = new GenerationFiles(undefined);
    inMemory.point('directory', 3);
    inMemory.removeOthers('directory', 3);

    expect(inMemory.path('directory', 3)).toBe(':memory:');
    expect(inMemory.live('directory')).toBeUndefined();
    expect(inMemory.nextNumber('directory')).toBe(1);
  });

  it('leave the pointer as it was when the new one cannot be written', () => {
    touch('directory-1.sqlite');
    files.point('directory', 1);
    mkdirSync(join(folder, 'directory.live.json.new'));

    expect(() => files.point('directory', 2)).toThrow();
    expect(files.live('directory')).toBe(1);
  });
});
