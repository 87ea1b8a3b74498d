// Where generations live: one file each, and a pointer that says which one is live.
import {
  existsSync,
  fsyncSync,
  openSync,
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export class GenerationFiles {
  /** @param folder the read model's folder; undefined keeps generations in memory */
  constructor(readonly folder: string | undefined) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }

  path(unit: string, number: number): string {
    return this.folder === undefined ? ':memory:' : join(this.folder, `${unit}-${number}.sqlite`);
  }

  /** The live generation's number; undefined when there is none. */
  live(unit: string): number | undefined {
    const pointer = this.#pointer(unit);
    if (pointer === undefined || !existsSync(pointer)) return undefined;
    try {
      const { generation } = JSON.parse(readFileSync(pointer, 'utf8')) as { generation?: unknown };
      return typeof generation === 'number' && existsSync(this.path(unit, generation))
        ? generation
        : undefined;
    } catch {
      // A pointer that cannot be read is as good as none: the generation is built anew.
      return undefined;
    }
  }

  /** Makes a generation the live one, at once or not at all. */
  point(unit: string, generation: number): void {
    const pointer = this.#pointer(unit);
    if (pointer === undefined) return;
    const draft = `${pointer}.new`;
    const file = openSync(draft, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify({ generation }));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, pointer);
  }

  /** A number that no generation of the unit has. */
  nextNumber(unit: string): number {
    return Math.max(0, ...this.#numbers(unit)) + 1;
  }

  /** Removes one generation's files. */
  remove(unit: string, number: number): void {
    if (this.folder === undefined) return;
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(this.path(unit, number) + suffix, { force: true });
    }
  }

  /** Removes every generation but the live one. */
  removeOthers(unit: string, live: number): void {
    for (const number of this.#numbers(unit)) {
      if (number !== live) this.remove(unit, number);
    }
  }

  #numbers(unit: string): readonly number[] {
    if (this.folder === undefined) return [];
    const pattern = new RegExp(`^${unit}-(\\d+)\\.sqlite$`);
    return readdirSync(this.folder).flatMap((name) => {
      const match = pattern.exec(name);
      return match ? [Number(match[1])] : [];
    });
  }

  #pointer(unit: string): string | undefined {
    return this.folder === undefined ? undefined : join(this.folder, `${unit}.live.json`);
  }
}
