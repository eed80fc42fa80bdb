import type { Pruned } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact } from "../transact.ts";
import { ago } from "./hand.ts";

/**
 * Forgets what ended longer ago than `olderThanMs`, and with it that its keys were told; and what
 * a subscriber that nobody feeds has not been told in all that time. Of facts only the oldest are
 * looked at: those after them are younger.
 */
export function pruneOutbox(
  database: Database,
  olderThanMs: number,
  limit: number,
): Promise<Pruned> {
  return transact(database, "prune the outbox", async (tx) => {
    const cutoff = ago(olderThanMs);
    const facts = await sql`
      delete from millrace.out_fact f using (
        select o.id from (select id from millrace.out_fact order by id limit ${limit}) oldest
        join millrace.out_fact o using (id) where o.at < ${cutoff} for update of o skip locked
      ) old
      where f.id = old.id returning f.id`.execute(tx);
    const ended = await sql`
      delete from millrace.out_delivery d using (
        select id from millrace.out_delivery where ended_at < ${cutoff}
        order by ended_at limit ${limit} for update skip locked
      ) old
      where d.id = old.id returning d.id`.execute(tx);
    const more = Math.max(facts.rows.length, ended.rows.length) >= limit;
    return { removed: facts.rows.length + ended.rows.length, more };
  });
}
