import pg from "pg";
import type { HelperContext } from "../helper-context.ts";
import { cancelQuery } from "./cancel-query.ts";
import { isPool, type SqlClient, type SqlPool } from "./sql-client.ts";
import { shownStatement, SqlName, type Statement, statementOf } from "./statement.ts";

/** Runs the statement that follows it as a template. */
export type SqlTag = <R = Record<string, unknown>>(
  texts: TemplateStringsArray,
  ...values: unknown[]
) => Promise<R[]>;

export interface Sql {
  (context: HelperContext, database: string | SqlClient | SqlPool): SqlTag;
  /** A name of a table or a column, as a value of a template: `sql.identifier("sales", "order")`. */
  identifier(...parts: readonly string[]): SqlName;
}

/**
 * Runs statements on PostgreSQL: ``await sql(context, url)`select * from t where id = ${id}` ``.
 *
 * Interpolated values are parameters, never a part of the statement; a list fits `= any(${ids})`.
 * The log tells each statement, without its values, and how many rows it gave or changed. When the
 * attempt is aborted, the server is asked to cancel the statement.
 *
 * @param database - A URL, for a connection of the statement's own; a pool of `pg`; or a connected
 * client, for several statements in one transaction.
 * @returns A tag that gives the rows, all in memory.
 */
export const sql: Sql = Object.assign(
  (context: HelperContext, database: string | SqlClient | SqlPool): SqlTag =>
    async <R>(texts: TemplateStringsArray, ...values: unknown[]): Promise<R[]> => {
      const statement = statementOf(texts, values);
      const rows = await withClient(database, (client) => run(context, client, statement));
      return rows as R[];
    },
  { identifier: (...parts: readonly string[]) => new SqlName(parts) },
);

async function run(
  { signal, log }: HelperContext,
  client: SqlClient,
  statement: Statement,
): Promise<readonly unknown[]> {
  signal.throwIfAborted();
  const cancel = (): void => void cancelQuery(client);
  signal.addEventListener("abort", cancel, { once: true });
  const began = performance.now();
  try {
    const { rows, rowCount } = await client.query(statement);
    const ms = Math.round(performance.now() - began);
    log.info(shownStatement(statement), { rows: rowCount ?? rows.length, ms });
    return rows;
  } catch (error) {
    signal.throwIfAborted();
    log.warn(`failed: ${shownStatement(statement)}`);
    throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function withClient<T>(
  database: string | SqlClient | SqlPool,
  work: (client: SqlClient) => Promise<T>,
): Promise<T> {
  if (typeof database === "string") return withConnection(database, work);
  if (!isPool(database)) return work(database);
  const client = await database.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const CONNECT_MS_MAX = 10_000;

async function withConnection<T>(url: string, work: (client: SqlClient) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "millrace task",
    connectionTimeoutMillis: CONNECT_MS_MAX,
  });
  // A connection that breaks fails the statement, too, which is where it is told.
  client.on("error", () => {});
  await client.connect();
  try {
    return await work(client as SqlClient);
  } finally {
    await client.end();
  }
}
