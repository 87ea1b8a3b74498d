// How far long work has come, told on standard error: data on standard output stays clean.

/** Where progress is shown, as far as it matters here. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;

/** A terminal shows one moving line; a file or a pipe one plain line for each new text. */
export class Progress {
  #shown = '';

  constructor(private readonly stream: ProgressStream) {}

  show(text: string): void {
    if (text === this.#shown) return;
    this.#shown = text;
    this.stream.write(this.stream.isTTY ? `\r\u001b[2K${this.#fitted(text)}` : `${text}\n`);
  }

  /** Ends the moving line, so that what is written next has a line of its own. */
  end(): void {
    if (this.#shown !== '' && this.stream.isTTY) this.stream.write('\n');
    this.#shown = '';
  }

  // A line that wraps cannot be wiped: each step would leave one behind.
  #fitted(text: string): string {
    return text.slice(0, Math.max(1, (this.stream.columns || DEFAULT_COLUMNS) - 1));
  }
}
