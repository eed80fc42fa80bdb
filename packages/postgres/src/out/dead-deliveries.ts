import { MillraceError, type OutMessage, type Said } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { json } from "../records.ts";
import { transact, type Tx } from "../transact.ts";

/** A message that a subscriber did not take, as long as history is kept. */
export interface DeadDelivery {
  readonly id: number;
  readonly subscriber: string;
  readonly key: string;
  readonly reason: string;
  readonly failures: number;
  readonly createdAt: Date;
  readonly endedAt: Date;
  readonly message: OutMessage;
}

/** Those of a subscriber, the oldest first, in which order they would be sent again. */
export async function listDeadDeliveries(
  database: Database,
  subscriber: string,
  limit: number,
): Promise<readonly DeadDelivery[]> {
  const { rows } = await sql<DeadDelivery>`
    select id, subscriber, key, reason, failures, created_at as "createdAt",
      ended_at as "endedAt", message
    from millrace.out_delivery where subscriber = ${subscriber}::text and state = 'dead'
    order by id limit ${limit}`.execute(database.db);
  return rows;
}

export interface Redriven {
  /** The messages that are sent again. */
  readonly ids: readonly number[];
  /** It had said that it wants nothing more, and is sent to again. */
  readonly reopened: boolean;
}

/**
 * Puts messages that a subscriber did not take back in their places, to be tried as if they were
 * new, and sends to it again if it was closed. They go before all that waits for it by now.
 *
 * @param ids - Of its dead messages; null: all of them.
 * @throws {NOT_FOUND} When there is no such subscriber, or one of the messages is not dead.
 */
export function redrive(
  database: Database,
  { subscriber, ids }: { readonly subscriber: string; readonly ids: readonly number[] | null },
  said: Said,
): Promise<Redriven> {
  return transact(database, "redrive", async (tx) => {
    // As whoever puts something in for it: the order of its messages is settled under this lock.
    const reopened = await reopen(tx, subscriber);
    const { rows } = await sql<{ id: number }>`
      update millrace.out_delivery set state = 'waiting', ended_at = null, reason = null,
        failures = 0, taken_until = null, created_at = millrace.now(), due_at = millrace.now()
      where subscriber = ${subscriber}::text and state = 'dead'
        and (${ids}::bigint[] is null or id = any(${ids}::bigint[]))
      returning id`.execute(tx);
    const redriven = rows.map(({ id }) => id).toSorted((a, b) => a - b);
    const missing = (ids ?? []).filter((id) => !redriven.includes(id));
    if (missing.length > 0) throw notDead(subscriber, missing);
    await sql`insert into millrace.audit (by, action, why, detail) values (${said.by}, 'redrive',
      ${said.why}, ${json({ subscriber, messages: redriven.length, reopened })})`.execute(tx);
    return { ids: redriven, reopened };
  });
}

async function reopen(tx: Tx, subscriber: string): Promise<boolean> {
  const { rows } = await sql<{ isClosed: boolean }>`
    select closed_at is not null as "isClosed" from millrace.out_subscriber
    where name = ${subscriber}::text for no key update`.execute(tx);
  const [row] = rows;
  if (row === undefined) {
    const text = `There is no subscriber ${subscriber}. See: millrace outs`;
    throw new MillraceError("NOT_FOUND", { what: "subscriber", name: subscriber }, text);
  }
  if (!row.isClosed) return false;
  await sql`update millrace.out_subscriber set closed_at = null, closed_reason = null
    where name = ${subscriber}::text`.execute(tx);
  return true;
}

function notDead(subscriber: string, ids: readonly number[]): MillraceError {
  const names = ids.map((id) => `msg_${id}`).join(", ");
  return new MillraceError(
    "NOT_FOUND",
    { what: "dead message", name: names },
    `${subscriber} has no dead message ${names}. See: millrace outs ${subscriber}`,
  );
}
