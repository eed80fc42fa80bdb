import type { Pruned, Retention } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database.ts";
import { lockRegistry } from "../trigger-cache.ts";
import { ago, gaveUp, hurry, takeTurn } from "./hand.ts";

/**
 * Groups of triggers in which nothing waits and that remember nothing: a new group in their place
 * is the same. Those of partitions that never come again would otherwise stay for ever.
 *
 * Under the registry lock, as nobody evaluates then: an evaluator makes sure of its groups in one
 * statement, and locks them in the next.
 */
export async function pruneGroups(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  try {
    return await takeTurn(database, "group", async (tx, after) => {
      const isIdle = idleBefore(ago(historyMs));
      const found = await sql<{ id: number }>`
        select g.id from millrace.trigger_group g where g.id > ${after} and ${isIdle}
        order by g.id limit ${limit}`.execute(tx);
      const last = found.rows.at(-1);
      if (last === undefined) return { removed: 0, next: null };
      await hurry(tx);
      await lockRegistry(tx, "exclusive");
      const ids = found.rows.map(({ id }) => id);
      const { rows } = await sql`
        delete from millrace.trigger_group g where g.id = any(${ids}::bigint[]) and ${isIdle}
        returning g.id`.execute(tx);
      return { removed: rows.length, next: found.rows.length < limit ? null : last.id };
    });
  } catch (error) {
    if (gaveUp(error)) return { removed: 0, more: false };
    throw error;
  }
}

function idleBefore(cutoff: RawBuilder<Date>): RawBuilder<boolean> {
  return sql`(coalesce(g.clock, '-infinity') < ${cutoff} and g.owed = '{}'
    and not exists (select from millrace.delivery_pending p where p.group_id = g.id)
    and not exists (select from millrace.group_member m where m.group_id = g.id)
    and not exists (select from millrace.group_held h where h.group_id = g.id)
    and not exists (select from millrace.wake w where w.group_id = g.id)
    and not exists (select from millrace.timer t where t.kind = 'group' and t.group_id = g.id))`;
}
