import type { OutMessage } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { records } from "../records.ts";
import { transact, type Tx } from "../transact.ts";

/** A message for one subscriber. */
export interface OutItem {
  readonly subscriber: string;
  /** A subscriber is told of each key once: `update_7`, or the key of an incident. */
  readonly key: string;
  readonly message: OutMessage;
}

/** Makes subscribers known; those that are keep their place and their state. */
export async function openSubscribers(database: Database, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const rows = names.toSorted().map((name) => ({ name }));
  await transact(database, "open subscribers", async (tx) => {
    await sql`
      insert into millrace.out_subscriber (name) select distinct name
      from ${records(rows, "name text")} order by name on conflict (name) do nothing`.execute(tx);
  });
}

/**
 * Puts messages into the outbox, in order, in the transaction that they tell of. Whoever puts
 * something in for a subscriber locks its row, so that the order of the numbers is the order in
 * which they become visible: without, a sender could pass one that is still to be committed. Call
 * it as the last that takes locks. What is for a subscriber that is closed or not known goes
 * nowhere, so that nothing grows behind one that nobody takes from.
 *
 * @returns How many were put in: those whose key was new.
 */
export async function putOut(tx: Tx, items: readonly OutItem[]): Promise<number> {
  if (items.length === 0) return 0;
  const names = [...new Set(items.map(({ subscriber }) => subscriber))];
  // In a statement of its own: what others put in while it waited is seen by the next.
  const open = await sql<{ name: string }>`
    select name from millrace.out_subscriber
    where name = any(${names}::text[]) and closed_at is null
    order by name for no key update`.execute(tx);
  const known = new Set(open.rows.map(({ name }) => name));
  const rows = items
    .filter(({ subscriber }) => known.has(subscriber))
    .map((item, place) => ({ ...item, place }));
  if (rows.length === 0) return 0;
  const columns = "place int, subscriber text, key text, message jsonb";
  const { rows: put } = await sql<{ id: number }>`
    insert into millrace.out_delivery (subscriber, key, message)
    select subscriber, key, message from ${records(rows, columns)} order by place
    on conflict (subscriber, key) do nothing returning id`.execute(tx);
  return put.length;
}

/** The same in a transaction of its own. */
export function putOutNow(database: Database, items: readonly OutItem[]): Promise<number> {
  return transact(database, "put into the outbox", (tx) => putOut(tx, items));
}
