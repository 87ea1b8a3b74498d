/** Names of schemas in the database of read models. */
export interface Names {
  /** Schema of the tables that say which generations there are; also the channel on which checkpoints are told. */
  readonly control: string;
  /** Schema of one generation. */
  generation(unit: string, number: number): string;
}

export const DEFAULT_PREFIX = 'scim_ledger';

/** @throws RangeError when the prefix would need quoting, or leave no room for what is added to it */
export function namesWith(prefix: string = DEFAULT_PREFIX): Names {
  if (!/^[a-z_][a-z0-9_]{0,30}$/.test(prefix) || prefix.startsWith('pg_')) {
    throw new RangeError(
      `'${prefix}' is no prefix of schemas: letters, digits and _ in lower case, at most 31`,
    );
  }
  return { control: prefix, generation: (unit, number) => `${prefix}_${unit}_${number}` };
}
