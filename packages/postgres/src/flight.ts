import type { CompiledQuery, DatabaseConnection, RawBuilder } from "kysely";
import type { Tx } from "./transact.ts";

/** Transactions whose connections take a statement while another one is under way. */
const pipelined = new WeakSet<Tx>();

/** Lets {@link flight} send statements of this transaction together. */
export function pipeline(tx: Tx): void {
  pipelined.add(tx);
}

/** What was sent and not waited for, by transaction. */
const posted = new WeakMap<Tx, Promise<unknown>[]>();

/**
 * Sends a statement whose answer nobody needs, ahead of those that follow: on a server it costs no
 * way there and back. If it fails, its transaction does, with what {@link refusal} says.
 */
export async function post(tx: Tx, query: RawBuilder<unknown>): Promise<void> {
  const compiled = query.compile(tx);
  await tx.getExecutor().provideConnection(async (connection) => {
    const answer = send(connection, compiled);
    if (!pipelined.has(tx)) return void (await answer);
    answer.catch(() => {
      /* told by `refusal` */
    });
    const before = posted.get(tx);
    if (before === undefined) posted.set(tx, [answer]);
    else before.push(answer);
  });
}

/** Why a statement that was {@link post}ed failed, in an object; null when none has. */
export async function refusal(tx: Tx): Promise<{ readonly error: unknown } | null> {
  const answers = await Promise.allSettled(posted.get(tx) ?? []);
  const refused = answers.find((answer) => answer.status === "rejected");
  return refused === undefined ? null : { error: refused.reason };
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
