import type { Pruned, Retention } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact } from "../transact.ts";
import { ago } from "./hand.ts";

/**
 * Forgets partitions of several objects that were complete, and told of for the last time so long
 * ago. Their objects are known still: who counts a partition anew and finds some takes it for one
 * that was told of, so that nothing is told twice and nothing is lost. One with a manifest stays
 * with what that lists, as nobody could tell without it whether a late object matters.
 */
export function prunePartitions(
  database: Database,
  { keysMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return transact(database, "prune partition", async (tx) => {
    const { rows } = await sql`
      delete from millrace.partition_ready p using (
        select id from millrace.partition_ready
        where is_complete and listed_count is null and told_at < ${ago(keysMs)}
        order by told_at limit ${limit} for update skip locked
      ) old
      where p.id = old.id returning p.id`.execute(tx);
    return { removed: rows.length, more: rows.length === limit };
  });
}
