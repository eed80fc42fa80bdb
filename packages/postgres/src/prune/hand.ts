import type { Pruned, PruneKind } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database.ts";
import { sqlstateOf } from "../sqlstate.ts";
import { transact, type Tx } from "../transact.ts";

/** What one turn did, and where the next begins: null when it came to what is too young. */
export interface Turn {
  readonly removed: number;
  readonly next: number | null;
}

/**
 * Takes a turn at one kind of history. Its hand goes round: from the oldest row to those that are
 * too young, and again from the beginning, so that what stays is not looked at in every turn. Of
 * two processes one has the hand, and the other goes on.
 */
export function takeTurn(
  database: Database,
  kind: PruneKind,
  work: (tx: Tx, after: number) => Promise<Turn>,
): Promise<Pruned> {
  return transact(database, `prune ${kind}`, async (tx) => {
    const { rows } = await sql<{ after_id: number }>`
      select after_id from millrace.prune_hand where kind = ${kind}
      for update skip locked`.execute(tx);
    const [hand] = rows;
    if (hand === undefined) return { removed: 0, more: false };
    const { removed, next } = await work(tx, hand.after_id);
    if ((next ?? 0) !== hand.after_id) {
      await sql`update millrace.prune_hand set after_id = ${next ?? 0}
        where kind = ${kind}`.execute(tx);
    }
    return { removed, more: next !== null };
  });
}

/** The moment so long ago, by the database's clock. */
export function ago(ms: number): RawBuilder<Date> {
  return sql`((select millrace.now()) - ${ms}::float8 * interval '1 millisecond')`;
}

/** The rows that one turn looks at. */
export interface Look {
  readonly after: number;
  /** Null when there is none. */
  readonly through: number | null;
  /** What is older is over. */
  readonly cutoff: RawBuilder<Date>;
}

/**
 * Takes a turn at the window of a table that says in `at` how old its rows are.
 *
 * @param work - Removes what is over; resolves to how many rows that were.
 */
export function takeWindow(
  database: Database,
  kind: "delivery" | "update" | "event" | "dead_letter" | "audit",
  { historyMs, limit }: { readonly historyMs: number; readonly limit: number },
  work: (tx: Tx, look: Look) => Promise<number>,
): Promise<Pruned> {
  return takeTurn(database, kind, async (tx, after) => {
    const cutoff = ago(historyMs);
    const look = { at: "at", after, limit, cutoff };
    const { through, next } = await readWindow(tx, `millrace.${kind}`, look);
    return { removed: await work(tx, { after, through, cutoff }), next };
  });
}

/** Some rows in order of their ids. */
export interface Window {
  /** The last of them; null when there is none. */
  readonly through: number | null;
  /** Where the hand goes on after them. */
  readonly next: number | null;
}

/** Rows that one turn looks at, for each that it may remove. */
const LOOK_FACTOR = 4;

/** @param at - The column that says how old a row is. */
export async function readWindow(
  tx: Tx,
  table: string,
  {
    at,
    after,
    limit,
    cutoff,
  }: { at: string; after: number; limit: number; cutoff: RawBuilder<Date> },
): Promise<Window> {
  const size = limit * LOOK_FACTOR;
  const { rows } = await sql<{ through: number | null; count: number; is_young: boolean }>`
    select max(id) as through, count(*)::int as count,
      coalesce(max(at) filter (where place = 1) >= ${cutoff}, false) as is_young
    from (
      select id, at, row_number() over (order by id desc) as place
      from (
        select id, ${sql.ref(at)} as at from ${sql.table(table)}
        where id > ${after} order by id limit ${size}
      ) seen
    ) w`.execute(tx);
  const { through = null, count = 0, is_young: isYoung = true } = rows[0] ?? {};
  return { through, next: count < size || isYoung ? null : through };
}

/** Short, because whoever waits for a whole table holds up all who come after it. */
const LOCK_WAIT = "300ms";

/** From here on the transaction gives up soon on locks that it cannot have. */
export async function hurry(tx: Tx): Promise<void> {
  await sql`select set_config('lock_timeout', ${LOCK_WAIT}, true)`.execute(tx);
}

/** Whether it gave up on a lock: next time, then. */
export function gaveUp(error: unknown): boolean {
  return sqlstateOf(error) === "55P03";
}
