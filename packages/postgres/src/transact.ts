import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { present } from "@millrace/core/internal";
import { type ControlledTransaction, sql } from "kysely";
import { askFate } from "./ask-fate.ts";
import type { Database } from "./database.ts";
import { pipeline, refusal } from "./flight.ts";
import { OWN_TRANSACTION, type OwnTransaction } from "./own-transaction.ts";
import { isConflict, isConnectionError, isStalePlan } from "./sqlstate.ts";
import { translate } from "./unavailable.ts";
import type { Tables } from "./tables.ts";

export type Tx = ControlledTransaction<Tables>;

const ATTEMPTS_MAX = 8;

/**
 * Runs `work` in one READ COMMITTED transaction, and again when a deadlock, a serialization
 * conflict or a change of the tables broke it. Locks are taken in one order everywhere (trigger
 * groups, runs, limits, each by id), so that such conflicts are rare, not impossible.
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
  if (database.isPipelined === true) pipeline(tx);
  let value: T;
  let own: OwnTransaction | null;
  try {
    value = await work(tx);
    own = database.kind === "server" ? await ownTransaction(tx) : null;
  } catch (thrown) {
    // What follows a statement that failed is told no more than that it does.
    const { error } = (await refusal(tx)) ?? { error: thrown };
    await giveBack(tx);
    return again(error, operation);
  }
  try {
    await tx.commit().execute();
    return { done: true, value };
  } catch (error) {
    // After a statement that failed there is no commit: what the driver finds is that it rolled back.
    const refused = isConnectionError(error) ? null : await refusal(tx);
    await giveBack(tx);
    if (refused !== null) return again(refused.error, operation);
    if (own === null || !isConnectionError(error)) throw translate(error, operation);
    const committed = await askFate(database, own, operation, error);
    return committed ? { done: true, value } : { done: false, error };
  }
}

function again<T>(error: unknown, operation: string): Once<T> {
  if (isConflict(error) || isStalePlan(error)) return { done: false, error };
  throw translate(error, operation);
}

/** Only a rollback returns the connection to the pool, also after a commit that failed. */
export async function giveBack(tx: Tx): Promise<void> {
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

async function ownTransaction(tx: Tx): Promise<OwnTransaction> {
  const { rows } = await sql<OwnTransaction>`${sql.raw(OWN_TRANSACTION)}`.execute(tx);
  return present(rows[0]);
}

async function pause(database: Database, ms: number): Promise<void> {
  await (database.sleep ?? sleep)(ms);
}
