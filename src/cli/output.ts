import type { Command } from 'commander';

/** Prints for programs when `--json` was given anywhere on the line, else for people. Data goes to standard output. */
export function print(command: Command, data: unknown, text: () => string): void {
  const isJson = command.optsWithGlobals<{ json?: boolean }>().json === true;
  process.stdout.write(isJson ? `${JSON.stringify(data)}\n` : `${text()}\n`);
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}
