// A passphrase comes from a file or from the terminal. Never from the command line, which other users can see, and
// which a shell remembers.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable, type Readable } from 'node:stream';
import { CliFailure, EXIT_PROBLEM, EXIT_USAGE } from './failure.js';

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: { write(text: string): unknown };
}

export interface PassphraseSource {
  /** Its first line is the passphrase. */
  readonly file?: string | undefined;
  /** Asked for a second time, because nothing else would tell a slip of the finger. */
  readonly isNew: boolean;
  readonly terminal?: Terminal;
}

const SHORTEST = 12;

/** @throws CliFailure when there is none, it is too short for a new one, or the two that were typed differ */
export async function readPassphrase({
  file,
  isNew,
  terminal = TERMINAL,
}: PassphraseSource): Promise<string> {
  const passphrase = file === undefined ? await typed(isNew, terminal) : fromFile(file);
  if (isNew && passphrase.length < SHORTEST) {
    throw new CliFailure(EXIT_USAGE, `a passphrase of ${SHORTEST} characters or more is expected`);
  }
  return passphrase;
}

const TERMINAL: Terminal = { input: process.stdin, output: process.stderr };

function fromFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(EXIT_PROBLEM, `the passphrase cannot be read: ${reason}`);
  }
}

async function typed(isNew: boolean, terminal: Terminal): Promise<string> {
  if (terminal.input.isTTY !== true) {
    throw new CliFailure(
      EXIT_USAGE,
      'there is no terminal to ask for the passphrase: give --passphrase-file',
    );
  }
  const passphrase = await ask('Passphrase: ', terminal);
  if (isNew && (await ask('The same again: ', terminal)) !== passphrase) {
    throw new CliFailure(EXIT_USAGE, 'the two passphrases differ');
  }
  return passphrase;
}

async function ask(question: string, { input, output }: Terminal): Promise<string> {
  // What is typed is echoed to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  output.write(question);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  lines.once('SIGINT', () => reject(new CliFailure(EXIT_PROBLEM, 'given up')));
  lines.once('close', () => reject(new CliFailure(EXIT_PROBLEM, 'no passphrase was given')));
  ended.catch(() => undefined);
  try {
    return await Promise.race([lines.question(''), ended]);
  } finally {
    output.write('\n');
    lines.close();
  }
}
