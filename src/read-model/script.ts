// A script is database work written once for every database: a generator that yields statements and is handed their
// rows. An embedded database runs it synchronously (inside the commit of the log), a server runs it asynchronously.

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export type Script<T> = Generator<Statement, T, readonly Row[]>;

/** All rows of a query. The caller states their shape: it is the query's select list. */
export function* rows<R extends Row>(sql: string, ...parameters: readonly SqlValue[]): Script<readonly R[]> {
  return (yield { sql, parameters }) as readonly R[];
}

/** The first row of a query, or undefined. */
export function* row<R extends Row>(sql: string, ...parameters: readonly SqlValue[]): Script<R | undefined> {
  const [first] = (yield { sql, parameters }) as readonly R[];
  return first;
}

/** Runs a statement for its effect. */
export function* run(sql: string, ...parameters: readonly SqlValue[]): Script<void> {
  yield { sql, parameters };
}
