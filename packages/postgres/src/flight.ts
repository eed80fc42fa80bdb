import type { CompiledQuery, DatabaseConnection, RawBuilder } from "kysely";
import type { Tx } from "./transact.ts";

/** Transactions whose connections take a statement while another one is under way. */
const pipelined = new WeakSet<Tx>();

/** Lets {@link flight} send statements of this transaction together. */
export function pipeline(tx: Tx): void {
  pipelined.add(tx);
}

type Rows<Queries extends readonly RawBuilder<unknown>[]> = {
  -readonly [Place in keyof Queries]: Queries[Place] extends RawBuilder<infer Row> ? Row[] : never;
};

/**
 * Runs statements one after the other that need nothing of each other's answers: on a server in
 * one way there and back. Each sees what those before it did, and what others have committed
 * meanwhile.
 */
export async function flight<const Queries extends readonly RawBuilder<unknown>[]>(
  tx: Tx,
  ...queries: Queries
): Promise<Rows<Queries>> {
  const compiled = queries.map((query) => query.compile(tx));
  const answers = await tx
    .getExecutor()
    .provideConnection((connection) =>
      pipelined.has(tx) ? sendAll(connection, compiled) : sendEach(connection, compiled),
    );
  return answers as Rows<Queries>;
}

function sendAll(
  connection: DatabaseConnection,
  queries: readonly CompiledQuery[],
): Promise<unknown[][]> {
  return Promise.all(queries.map((query) => send(connection, query)));
}

async function sendEach(
  connection: DatabaseConnection,
  queries: readonly CompiledQuery[],
): Promise<unknown[][]> {
  const answers: unknown[][] = [];
  for (const query of queries) answers.push(await send(connection, query));
  return answers;
}

async function send(connection: DatabaseConnection, query: CompiledQuery): Promise<unknown[]> {
  return (await connection.executeQuery<unknown>(query)).rows;
}
