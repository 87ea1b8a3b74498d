import { Injectable } from '@nestjs/common';

/** How long commands wait for others, in ms. No request may take more than 10 s. */
@Injectable()
export class WriteTiming {
  /** While others move its stream, a command decides again for so long. */
  readonly conflictMs: number = 3000;
  /** A name's owner that is not there yet is waited for, counted from the command's time. */
  readonly ownerWaitMs: number = 2000;
  /** A claim whose owner is not there is left alone for so long. Politeness: the fence makes a takeover right. */
  readonly politenessMs: number = 60_000;
  /** A command of several steps begins no further one after so long, counted from the command's time. */
  readonly stepsMs: number = 3000;

  now(): number {
    return Date.now();
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}
