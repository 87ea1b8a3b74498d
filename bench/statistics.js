// Rounds and ratios. Two sides are measured in turns (A B A B …), so that what disturbs the machine disturbs both.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every side once a round, in turns; round -1 is a warm-up and is not counted.
 *
 * @param sides functions by name, each given the round's number and resolving to one result
 * @returns the results of the counted rounds by name
 */
export async function interleave(rounds, sides) {
  const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, measure] of Object.entries(sides)) {
      const result = await measure(round);
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

/** Requests that a fresh server gets before counting, so that its code is compiled. */
export const WARM_UP_OPERATIONS = 1_500;

/** Which people a round of writes is about: nobody twice, and enough in the warm-up for compiled code. */
export const peopleOf = (round, count, prefix = 'user') =>
  round < 0
    ? { count: Math.max(count, WARM_UP_OPERATIONS), from: 0, prefix: `warm-up-${prefix}` }
    : { count, from: round * count, prefix };

/** The medians of one figure of the results of `interleave`, by side. */
export const medians = (results, figure) =>
  Object.fromEntries(
    Object.entries(results).map(([name, rounds]) => [name, median(rounds.map((r) => r[figure]))]),
  );

/** The ratio of each round, lowest and highest: how far the ratio of medians can be trusted. */
export function ratioSpread(over, under, figure) {
  const ratios = over.map((result, round) => result[figure] / under[round][figure]);
  return { lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}
