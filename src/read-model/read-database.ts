// How readers ask a read model, whatever database it lives in.
import type { Interned } from './documents.js';
import type { Script } from './script.js';

/** A script that only reads. It is handed the interned names of the generation that it runs on. */
export type Question<T> = (interned: Interned) => Script<T>;

/** A unit's live generation. An embedded database answers at once, a server later. */
export interface ReadDatabase {
  /** Runs a script whose statements need not see the same state of the database. */
  ask<T>(question: Question<T>): T | Promise<T>;
  /** Runs a script on one state of one generation, whatever is committed meanwhile. */
  read<T>(question: Question<T>): T | Promise<T>;
  /** Runs scripts that do not depend on each other on one state; their answers come in the order of the questions. */
  readEach<T>(questions: readonly Question<T>[]): readonly T[] | Promise<readonly T[]>;
}

/** A database that scripts write to. */
export interface ScriptDatabase {
  run<T>(script: Script<T>): T | Promise<T>;
  /** Runs a script inside one transaction: all of it is kept, or nothing. */
  transaction<T>(script: () => Script<T>): T | Promise<T>;
}
