export const EXIT_PROBLEM = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;

/** Ends a command with an exit code and a message for people. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';

  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}
