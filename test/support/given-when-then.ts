// Decisions as given-when-then: events that happened, a decision on the state they lead to, the events it gives.
import { expect } from '@jest/globals';

import type { ResourceEvent } from '../../src/resources/events.js';
import { evolve, type ResourceState } from '../../src/resources/evolve.js';
import type { ResourceType } from '../../src/resources/resource-type.js';

/** An event as a test writes it; `clear` and version are the decision's business. */
export type Fact = Pick<ResourceEvent, 'type' | 'data'>;

export interface When {
  when(decision: (state: ResourceState) => readonly ResourceEvent[]): Then;
}

export interface Then {
  readonly events: readonly ResourceEvent[];
  /** The decision gave exactly these events, in this order. */
  then(...expected: readonly Fact[]): void;
  thenNothing(): void;
  /** The state once the decided events have happened as well. */
  thenState(): ResourceState;
}

/** A history; the event at index n happened in second n of 2026 and has revision n. */
export function given(type: ResourceType, ...history: readonly Fact[]): When {
  return {
    when: (decision) => {
      const events = decision(replay(type, history));
      return {
        events,
        // Nobody awaits a decision: it is no promise.
        // oxlint-disable-next-line unicorn/no-thenable
        then: (...expected) =>
          expect(events.map(({ type: name, data }) => ({ type: name, data }))).toEqual(expected),
        thenNothing: () => expect(events).toEqual([]),
        thenState: () => replay(type, [...history, ...events]),
      };
    },
  };
}

/** The state that a history leads to. */
export function replay(type: ResourceType, history: readonly Fact[]): ResourceState {
  const state = history.reduce<ResourceState | undefined>(
    (current, { type: event, data }, revision) =>
      evolve(type, current, { type: event, data, revision, occurredAt: secondOf2026(revision) }),
    undefined,
  );
  if (!state) throw new Error('a resource has at least one event');
  return state;
}

export function secondOf2026(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}
