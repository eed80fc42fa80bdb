import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { MillraceError } from "@millrace/core/internal";
import { type ControlledTransaction, sql } from "kysely";
import type { Database } from "./database.ts";
import { isConflict, isConnectionError } from "./sqlstate.ts";
import type { Tables } from "./tables.ts";

export type Tx = ControlledTransaction<Tables>;

const ATTEMPTS_MAX = 8;
const COMMIT_QUESTIONS_MAX = 40;
const COMMIT_QUESTION_MS = 250;

/**
 * Runs `work` in one READ COMMITTED transaction, and again when a deadlock or a serialization
 * conflict broke it. Locks are taken in one order everywhere (trigger groups, runs, limits, each
 * by id), so that such conflicts are rare, not impossible.
 *
 * When the connection breaks during the commit, nobody has said whether it happened: the server
 * is asked for the fate of the transaction until the answer is final. A blind retry would do
 * everything twice, a blind failure would forget what was done.
 *
 * @throws {STORE_UNAVAILABLE} When the database cannot be reached.
 */
export async function transact<T>(
  database: Database,
  operation: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(database, operation, work);
    if (result.done) return result.value;
    if (attempt === ATTEMPTS_MAX) throw result.error;
    await pause(database, attempt * attempt * 2);
  }
}

type Once<T> = { done: true; value: T } | { done: false; error: unknown };

async function runOnce<T>(
  database: Database,
  operation: string,
  work: (tx: Tx) => Promise<T>,
): Promise<Once<T>> {
  // PGlite answers in microtasks: without a turn of the loop, busy workers starve every timer.
  if (database.kind === "embedded") await nextTurn();
  const tx = await begin(database, operation);
  let value: T;
  let xid: string | null;
  try {
    value = await work(tx);
    xid = database.kind === "server" ? await currentXid(tx) : null;
  } catch (error) {
    await giveBack(tx);
    if (isConflict(error)) return { done: false, error };
    throw translate(error, operation);
  }
  try {
    await tx.commit().execute();
    return { done: true, value };
  } catch (error) {
    await giveBack(tx);
    if (xid === null || !isConnectionError(error)) throw translate(error, operation);
    const committed = await askFate(database, xid, operation, error);
    return committed ? { done: true, value } : { done: false, error };
  }
}

/** Only a rollback returns the connection to the pool, also after a commit that failed. */
async function giveBack(tx: Tx): Promise<void> {
  await tx
    .rollback()
    .execute()
    .catch(() => {
      /* a broken connection rolls back by itself */
    });
}

async function begin(database: Database, operation: string): Promise<Tx> {
  try {
    return await database.db.startTransaction().execute();
  } catch (error) {
    throw translate(error, operation);
  }
}

async function currentXid(tx: Tx): Promise<string> {
  const { rows } = await sql<{ xid: string }>`
    select pg_current_xact_id()::text as xid`.execute(tx);
  return rows[0]?.xid ?? "";
}

/** Asks on a new connection until the server has made up its mind. */
async function askFate(
  database: Database,
  xid: string,
  operation: string,
  cause: unknown,
): Promise<boolean> {
  for (let question = 0; question < COMMIT_QUESTIONS_MAX; question++) {
    try {
      const { rows } = await sql<{ fate: string | null }>`
        select pg_xact_status(${xid}::xid8) as fate`.execute(database.db);
      const fate = rows[0]?.fate;
      if (fate === "committed") return true;
      if (fate === "aborted") return false;
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    }
    await pause(database, COMMIT_QUESTION_MS);
  }
  throw unavailable(operation, cause);
}

async function pause(database: Database, ms: number): Promise<void> {
  await (database.sleep ?? sleep)(ms);
}

function translate(error: unknown, operation: string): unknown {
  return isConnectionError(error) ? unavailable(operation, error) : error;
}

function unavailable(operation: string, cause: unknown): MillraceError<"STORE_UNAVAILABLE"> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError(
    "STORE_UNAVAILABLE",
    { operation },
    `The database cannot be reached to ${operation}: ${detail}`,
    { cause },
  );
}
