// A script is database work written once for every database: a generator that yields statements and is handed their
// rows. An embedded database runs it synchronously (inside the commit of the log), a server runs it asynchronously.

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

/** A list is for databases that take one as a parameter; scripts for every database have none. */
export type SqlParameter = SqlValue | readonly SqlValue[];

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  /** Nobody looks at its rows: a server need not be waited for. */
  readonly isEffect?: true;
}

export type Script<T> = Generator<Statement, T, readonly Row[]>;

/** All rows of a query. The caller states their shape: it is the query's select list. */
export function* rows<R extends Row>(
  sql: string,
  ...parameters: readonly SqlParameter[]
): Script<readonly R[]> {
  return (yield { sql, parameters }) as readonly R[];
}

/** The first row of a query, or undefined. */
export function* row<R extends Row>(
  sql: string,
  ...parameters: readonly SqlParameter[]
): Script<R | undefined> {
  const [first] = (yield { sql, parameters }) as readonly R[];
  return first;
}

/** Runs a statement for its effect. */
export function* run(sql: string, ...parameters: readonly SqlParameter[]): Script<void> {
  yield { sql, parameters, isEffect: true };
}
