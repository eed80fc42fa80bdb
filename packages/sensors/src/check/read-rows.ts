/** What a check needs of a connection to Postgres; `pg`'s client has this form. */
export interface SqlClient {
  query(statement: SqlStatement): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface SqlStatement {
  readonly text: string;
  readonly values: unknown[];
  /** The other protocol takes several statements in one text, of which one could commit. */
  readonly queryMode: "extended";
}

/** Rows that are read of one query; more are not fetched. */
export const ROWS_MAX = 10_000;

/**
 * Reads what a query finds in a transaction that can change nothing: whatever the text says, the
 * server refuses writes, and ends it at its time. It is rolled back in any case.
 *
 * @param client - A connection of its own, in no transaction. One that fails is to be closed.
 */
export async function readRows(
  client: SqlClient,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
  statementMs: number,
): Promise<readonly unknown[]> {
  const query = (statement: string, given: readonly unknown[] = []) =>
    client.query({ text: statement, values: [...given], queryMode: "extended" });
  await query("begin read only");
  try {
    await query("select set_config('statement_timeout', $1, true)", [`${statementMs}ms`]);
    // What is no query has no cursor, and no more rows are read than are counted.
    await query(`declare millrace_check no scroll cursor for ${text}`, values);
    return (await query(`fetch ${ROWS_MAX} from millrace_check`)).rows;
  } finally {
    await query("rollback");
  }
}
