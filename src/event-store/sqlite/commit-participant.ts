import type { StoredEvent } from '../event-store.js';

/**
 * Something that must follow the log in the same breath, so that a write can be read as soon as it is answered.
 * All calls are synchronous and come from the store's one writer.
 */
export interface CommitParticipant {
  begin(): void;
  /** Takes one append's events. Throwing rejects that append, and it is never committed. */
  apply(events: readonly StoredEvent[]): void;
  /** The log has committed what was applied since `begin`. */
  commit(): void;
  /** The log has not: forget what was applied since `begin`. */
  rollback(): void;
  /** The log has committed what this participant has not: it must catch up before anything reads from it. */
  outOfStep?(): void;
}

/** All participants of a store as one. */
export class CommitParticipants {
  readonly #joined = new Set<CommitParticipant>();
  #active: CommitParticipant[] = [];

  join(participant: CommitParticipant): () => void {
    this.#joined.add(participant);
    return () => this.#joined.delete(participant);
  }

  begin(): void {
    this.#active = [];
    for (const participant of this.#joined) {
      participant.begin();
      this.#active.push(participant);
    }
  }

  apply(events: readonly StoredEvent[]): void {
    for (const participant of this.#active) participant.apply(events);
  }

  /** Never throws: the log has committed, so a participant that cannot follow now follows by catching up. */
  commit(): void {
    this.#end((participant) => participant.commit());
  }

  /** Never throws: a participant that cannot roll back is told to catch up from the log. */
  rollback(): void {
    this.#end((participant) => participant.rollback());
  }

  #end(finish: (participant: CommitParticipant) => void): void {
    const active = this.#active;
    this.#active = [];
    for (const participant of active) {
      try {
        finish(participant);
      } catch {
        participant.outOfStep?.();
      }
    }
  }
}
