import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { OwnTransaction } from "./own-transaction.ts";
import { isConnectionError, sqlstateOf } from "./sqlstate.ts";
import { unavailable } from "./unavailable.ts";

const QUESTIONS_MAX = 80;
const QUESTION_MS = 250;
/** A server that has not heard of the break by then is told. */
const QUESTIONS_PATIENT = 4;
/** A server that does not answer at all costs a time limit a question. */
const ASKING_MS_MAX = 60_000;
const IN_THE_FUTURE = "22023";
const CANCELLED = "57014";

/**
 * Asks on a new connection what became of a commit, until the server has made up its mind.
 *
 * One that still waits for the commit, because it never arrived and the server has not noticed
 * that its client is gone, is ended: whatever it then says is final.
 *
 * A server that crashed gives the numbers of transactions that left no trace to others: after a
 * restart, "committed" may be said of another one. Then nobody knows, and whoever asked tries
 * again by the guards of its rows.
 *
 * @throws {STORE_UNAVAILABLE} When it gives no final answer, or one about another transaction.
 */
export async function askFate(
  database: Database,
  own: OwnTransaction,
  operation: string,
  cause: unknown,
): Promise<boolean> {
  const untilMs = performance.now() + ASKING_MS_MAX;
  for (let question = 1; question <= QUESTIONS_MAX && performance.now() < untilMs; question++) {
    try {
      const { fate, server } = await fateOf(database, own);
      if (fate === "committed" && server !== own.server) break;
      if (fate === "committed") return true;
      if (fate === "aborted") return false;
      if (question >= QUESTIONS_PATIENT) await endBackend(database, own);
    } catch (error) {
      if (!isConnectionError(error) && sqlstateOf(error) !== CANCELLED) throw error;
    }
    await (database.sleep ?? sleep)(QUESTION_MS);
  }
  throw unavailable(operation, cause);
}

interface Fate {
  readonly fate: string | null;
  readonly server: string;
}

async function fateOf(database: Database, { xid, server }: OwnTransaction): Promise<Fate> {
  try {
    const { rows } = await sql<Fate>`
      select pg_xact_status(${xid}::xid8) as fate,
        pg_postmaster_start_time()::text as server`.execute(database.db);
    return rows[0] ?? { fate: null, server };
  } catch (error) {
    // Another server has taken over, and this transaction never reached it.
    if (sqlstateOf(error) === IN_THE_FUTURE) return { fate: "aborted", server };
    throw error;
  }
}

/** The number of a process is used again; its transaction says that it is still the same. */
async function endBackend(database: Database, { xid, pid }: OwnTransaction): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where pid = ${pid} and backend_xid = (${xid}::xid8)::xid`.execute(database.db);
}
