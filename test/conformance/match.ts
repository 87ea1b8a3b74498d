// Compares an answer with the part of it that a fixture states.
// Objects match as subsets, arrays element by element and in length. Conditions instead of a value:
//   { "$contains": [...] }  an array holding a match for each of these, in any order
//   { "$not": value }       anything else
//   { "$type": "string" }   a value of this type, not empty
//   { "$pattern": "^W/" }   a string the regular expression matches

type Condition = (actual: unknown, operand: unknown, path: string) => readonly string[];

const conditions: Readonly<Record<string, Condition>> = {
  $contains: (actual, operand, path) => {
    if (!isArray(actual) || !isArray(operand)) return [`${path} is no array: ${show(actual)}`];
    return operand
      .filter((wanted) => !actual.some((item) => mismatches(item, wanted, path).length === 0))
      .map((wanted) => `${path} lacks ${show(wanted)}`);
  },
  $not: (actual, operand, path) =>
    mismatches(actual, operand, path).length === 0 ? [`${path} is ${show(operand)}`] : [],
  $type: (actual, operand, path) =>
    typeof actual === operand && actual !== '' ? [] : [`${path} is no ${String(operand)}: ${show(actual)}`],
  $pattern: (actual, operand, path) =>
    typeof actual === 'string' && new RegExp(String(operand)).test(actual)
      ? []
      : [`${path} does not match ${String(operand)}: ${show(actual)}`],
};

/** One line for each difference; none when `actual` is as expected. */
export function mismatches(actual: unknown, expected: unknown, path: string): readonly string[] {
  if (isArray(expected)) return arrayMismatches(actual, expected, path);
  if (!isObject(expected)) {
    return actual === expected ? [] : [`${path} is ${show(actual)} instead of ${show(expected)}`];
  }
  const [[key, operand] = []] = Object.entries(expected);
  const condition = key === undefined ? undefined : conditions[key];
  if (condition !== undefined) return condition(actual, operand, path);
  if (!isObject(actual)) return [`${path} is ${show(actual)} instead of an object`];
  return Object.entries(expected).flatMap(([name, value]) =>
    mismatches(actual[name], value, `${path}.${name}`),
  );
}

function arrayMismatches(actual: unknown, expected: readonly unknown[], path: string): readonly string[] {
  if (!isArray(actual)) return [`${path} is ${show(actual)} instead of an array`];
  if (actual.length !== expected.length) {
    return [`${path} has ${actual.length} elements instead of ${expected.length}: ${show(actual)}`];
  }
  return expected.flatMap((wanted, index) => mismatches(actual[index], wanted, `${path}[${index}]`));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
